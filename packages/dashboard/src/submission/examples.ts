import { taskSubmissionSchema } from '@backend2/contracts';
import type { TaskSubmission } from '@backend2/contracts';

/** Sweeps to start from. */
export const examples: readonly { readonly title: string; readonly submission: TaskSubmission }[] = [
  {
    title: 'Subject by style',
    submission: taskSubmissionSchema.parse({
      name: 'Subject by style',
      kind: 'image.generate',
      input: {
        prompts: [
          { type: 'freetext', value: '{{subject}}' },
          { type: 'freetext', value: '{{style}}', weight: 1.2 },
        ],
        ratio: '1:1',
        seed: '{{seed}}',
      },
      variables: [
        {
          name: 'subject',
          values: ['a lighthouse at dusk', 'a fox in the snow', 'a market in the rain', 'an old observatory'],
        },
        {
          name: 'style',
          values: ['amber watercolour', 'blue ink and wash', 'violet gouache', 'green linocut'],
        },
        { name: 'seed', values: [1, 2, 3] },
      ],
    }),
  },
  {
    title: 'Prompt weight by seed',
    submission: taskSubmissionSchema.parse({
      name: 'Prompt weight by seed',
      kind: 'image.generate',
      lane: 'lumina',
      input: {
        prompts: [
          { type: 'freetext', value: 'a harbour town' },
          { type: 'element', value: 'fog', weight: '{{fog}}' },
        ],
        ratio: '16:9',
        seed: '{{seed}}',
      },
      variables: [
        { name: 'fog', range: { from: 0, to: 2, count: 5 } },
        { name: 'seed', range: { from: 1, to: 6, step: 1 } },
      ],
    }),
  },
];
