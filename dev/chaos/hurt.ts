import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosEvent, Part } from './schedule.ts'
import type { Victim } from './servers.ts'

/** Parts that can be hurt from this process. */
export type Victims = Readonly<Partial<Record<Part, Pick<Victim, 'harm'>>>>

/** Does what a schedule says to those that are there, from when the ledger is made: then the load begins. */
export async function hurt(
  ended: Promise<unknown>,
  ledger: string,
  victims: Victims,
  events: readonly ChaosEvent[],
): Promise<void> {
  let isOver = false
  void ended.then(() => (isOver = true))
  while (!isOver && !(await readFile(ledger).catch(() => null))) await sleep(50)
  const startedAt = performance.now()
  const hurtPart = async (part: Part): Promise<void> => {
    for (const { harm, atMs, forMs } of events.filter((event) => event.part === part)) {
      await Promise.race([ended, sleep(Math.max(0, startedAt + atMs - performance.now()))])
      if (isOver) return
      await victims[part]?.harm(harm, forMs)
    }
  }
  await Promise.all((Object.keys(victims) as Part[]).map(hurtPart))
}
