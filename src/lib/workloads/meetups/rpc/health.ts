import { pause } from '../../../base/abort.ts'
import type { HealthService } from './contracts.ts'
import { RpcError } from './errors.ts'

/** How often a watcher's service is looked at, ms. */
const lookEveryMs = 1000

/** How a process is, and each of the services in it. */
export interface Health {
  readonly methods: HealthService
  /** Serves these from now on, names with their packages. */
  add(names: readonly string[]): void
  /** From now on nothing serves. */
  end(): void
}

/** `isReady` tells whether what services need is there; it is unless given. */
export function createHealth(isReady: () => Promise<boolean> = async () => true): Health {
  const names = new Set([''])
  let hasEnded = false

  async function stateOf(service: string) {
    if (!names.has(service)) return 'SERVICE_UNKNOWN'
    if (hasEnded) return 'NOT_SERVING'
    return service === '' || (await isReady()) ? 'SERVING' : 'NOT_SERVING'
  }

  return {
    add: (added) => added.forEach((name) => names.add(name)),
    end: () => void (hasEnded = true),
    methods: {
      async check({ service }) {
        const status = await stateOf(service)
        if (status === 'SERVICE_UNKNOWN') throw new RpcError('not-found', 'There is no such service here')
        return { status }
      },
      async *watch({ service }, signal) {
        let shown = ''
        while (!signal.aborted) {
          const status = await stateOf(service)
          if (status !== shown) yield { status }
          shown = status
          await pause(lookEveryMs, signal)
        }
      },
    },
  }
}
