import { pause } from '../../../base/abort.ts'
import { RpcError } from '../rpc/errors.ts'

/** Before a stream that was broken off is opened again, ms; twice as long after each more, up to the second. */
const pausesMs = [50, 1000] as const

/**
 * A stream that goes on where its service was away, from the last that it gave on: `open` is told that, and null at
 * first. Throws what else goes wrong, and where it cannot begin.
 */
export async function* resume<Given>(
  open: (last: Given | null) => AsyncIterable<Given>,
  signal: AbortSignal,
): AsyncGenerator<Given> {
  let last: Given | null = null
  let pauseMs: number = pausesMs[0]
  while (!signal.aborted) {
    try {
      for await (const given of open(last)) {
        last = given
        pauseMs = pausesMs[0]
        yield given
      }
      return
    } catch (error) {
      if (last === null || !(error instanceof RpcError && error.code === 'unavailable')) throw error
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, pausesMs[1])
  }
}
