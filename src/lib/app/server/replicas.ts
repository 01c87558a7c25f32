import { ignoreFailure } from '../../base/abort.ts'
import { addRetries } from '../../adapters/databases/retry.ts'
import { startApiProcess, type ApiLaunch, type ApiProcess, type Supervisor } from './api-process.ts'

/** The same API in several processes. Faults that hit one process hit the first. */
export interface Replicas extends ApiProcess {
  /** Origin of each replica. */
  readonly origins: readonly string[]
}

/**
 * Starts as many replicas as the settings ask for, on the ports given and those after them, or all on any free one (0). When
 * one cannot be started the others are ended. Throws `api-failed-to-start`.
 */
export async function startReplicas(
  { entryPoint, settings }: ApiLaunch,
  supervise?: (number: number) => Supervisor,
): Promise<Replicas> {
  const { port, metricsPort, replicas: count } = settings
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => {
      return startApiProcess(
        {
          entryPoint,
          settings: { ...settings, port: nth(port, index), metricsPort: metricsPort && nth(metricsPort, index) },
        },
        supervise?.(index + 1),
      )
    }),
  )
  const replicas = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
  const closeAll = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.close()))
  }
  const failed = started.find((outcome) => outcome.status === 'rejected')
  if (failed) {
    await closeAll()
    throw failed.reason
  }
  const [first] = replicas as [ApiProcess]
  const ended = Promise.race(replicas.map((replica) => replica.ended))
  void ignoreFailure(ended)
  return {
    origin: first.origin,
    origins: replicas.map(({ origin }) => origin),
    ended,
    crash: first.crash,
    async dropConnections() {
      const dropped = await Promise.all(replicas.map((replica) => replica.dropConnections()))
      return dropped.reduce((sum, connections) => sum + connections, 0)
    },
    retries: () => addRetries(replicas.map((replica) => replica.retries())),
    close: closeAll,
  }
}

/** Returns the port of a replica; its index counts from 0. */
function nth(first: number, index: number): number {
  return first === 0 ? 0 : first + index
}

/** Lifetime after which a replica counts as sound, and is restarted at once, ms. */
const soundMs = 10_000
const firstRestartMs = 100
const longestRestartMs = 5000
/** Hasty ends in a row after which restarting is given up. */
const maxHastyEnds = 5

/**
 * Creates a supervisor that restarts a replica whenever it ends, after pauses that grow while it keeps ending, and gives up
 * when it ends too often. `say` is called each time.
 */
export function restartAlways(
  number: number,
  say: (text: string) => void,
  onErrors: (text: string) => void,
): Supervisor {
  let hastyEnds = 0
  return {
    onStart: (origin, pid) => say(`replica ${number} listens on ${origin} (process ${pid})`),
    onEnd(reason, aliveMs) {
      hastyEnds = aliveMs < soundMs ? hastyEnds + 1 : 1
      const givesUp = hastyEnds > maxHastyEnds
      say(`replica ${number} ended: ${reason}${givesUp ? '' : '; it is started again'}`)
      return givesUp ? null : Math.min(longestRestartMs, firstRestartMs * 2 ** (hastyEnds - 1))
    },
    onErrors,
  }
}
