import type { HealthView } from '@backend2/contracts';

/** Which HTTP status a verdict has: machines read nothing else. */
export const statusOfHealth = ({ status }: HealthView): number => (status === 'fail' ? 503 : 200);

/** Longest a look at the snapshot may take. */
const patienceMs = 2000;

/** What the aggregator found, or what the gateway itself must say where there is nothing to be read. */
export const healthReport = async (read: () => Promise<HealthView | undefined>): Promise<HealthView> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    const view = await Promise.race([read(), late]);
    return (
      view ??
      ownVerdict(
        'health-aggregator:snapshot',
        'There is no fresh verdict: the health-aggregator is not running.',
      )
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return ownVerdict('redis:responseTime', `Redis cannot be read: ${why}`);
  } finally {
    clearTimeout(timer);
  }
};

const ownVerdict = (check: string, output: string): HealthView => ({
  status: 'fail',
  description: 'Backend2, as the gateway alone sees it',
  output,
  checks: { [check]: [{ status: 'fail', time: new Date().toISOString(), output }] },
});
