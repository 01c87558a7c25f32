import { RpcError } from '../rpc/errors.ts'

/** Does work, so much at a time and the rest in the order that it came. */
export type InLanes = <T>(work: () => Promise<T>) => Promise<T>

/**
 * So many lanes, with work waiting in each. What has waited for longer than `patienceMs` is not done any more, since nobody
 * waits for it: it throws `RpcError` `unavailable`. `now` is in ms.
 */
export function createLanes(count: number, patienceMs: number, now: () => number = () => performance.now()): InLanes {
  const lanes: Promise<unknown>[] = Array.from({ length: count }, async () => {})
  let turn = 0
  return (work) => {
    const asked = now()
    const lane = turn++ % count
    const done = lanes[lane]!.then(() => {
      if (now() - asked > patienceMs) throw new RpcError('unavailable', 'Too many people ask at once')
      return work()
    })
    lanes[lane] = done.catch(() => {})
    return done
  }
}
