import type { ApiProcess } from '../server/api-process.ts'
import type { PausableAccess } from '../../ports/database.ts'
import type { InjectFault } from '../../load/faults/faults.ts'
import type { Sleep } from '../../base/measure/clock.ts'
import { formatCount } from '../../base/format.ts'

/** Does faults to an API that was started for a run, and to its way to the database: null where no pause is asked for. */
export function createFaultInjector(api: ApiProcess, access: PausableAccess | null): InjectFault {
  return async (fault, sleep) => {
    if (fault.kind === 'pause-database') return pauseDatabase(access, fault.lengthMs, sleep)
    if (fault.kind === 'drop-connections') return `${formatCount(await api.dropConnections())} connections broken off`
    await api.crash()
    return 'killed by SIGKILL and started again'
  }
}

async function pauseDatabase(access: PausableAccess | null, lengthMs: number, sleep: Sleep): Promise<string> {
  if (!access) throw new TypeError('the API was started on a way to the database that cannot be paused')
  const resume = await access.pause()
  await sleep(lengthMs)
  await resume()
  return access.effect
}
