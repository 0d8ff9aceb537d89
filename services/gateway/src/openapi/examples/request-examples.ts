/** The task that all examples are about: 24 subtasks. */
export const sweep = {
  name: 'Lakes at four times of day',
  kind: 'image.generate',
  lane: 'standard',
  input: {
    prompts: [{ type: 'freetext', value: 'a lake at {{time}}, {{style}}', weight: 1 }],
    ratio: '16:9',
    seed: '{{seed}}',
  },
  variables: [
    { name: 'time', values: ['dawn', 'noon', 'dusk', 'night'] },
    { name: 'style', values: ['watercolor', 'photo'] },
    { name: 'seed', range: { from: 1, to: 3, step: 1 } },
  ],
  tags: ['lakes'],
};

/** By operation; each is a body the operation accepts. */
export const requestExamples: Readonly<Record<string, unknown>> = {
  issueToken: { grant_type: 'password', username: 'ada@example.org', password: 'correct horse battery' },
  createTask: sweep,
  estimateTask: sweep,
  createSchedule: {
    name: 'Every weekday morning',
    cron: '30 6 * * 1-5',
    timeZone: 'Europe/Berlin',
    task: sweep,
  },
  updateSchedule: { cron: '0 7 * * 1-5', missedRuns: 'skip' },
  updateQuota: { unfinishedTasks: 20, waitingSubtasks: null },
  updateSubtask: { rating: 'good', evaluation: 'Best of its row.' },
  createUser: { email: 'grace@example.org', name: 'Grace', password: 'a long enough password' },
  updateUser: { disabled: true },
  redriveDeadLetters: { topic: 'webhook_deliveries', entryIds: 'all' },
  discardDeadLetters: { topic: 'task_results', entryIds: ['1764030000000-0'] },
  createApiKey: { name: 'nightly sweep', scopes: ['read', 'write'] },
  updateMe: { name: 'Ada L.' },
  createWebhook: {
    url: 'https://hooks.example.org/backend2',
    events: ['task.finished'],
    description: 'Tells the render farm.',
    tags: ['nightly'],
  },
  updateWebhook: { enabled: false },
};
