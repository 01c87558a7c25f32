import type { RunningServer } from '../../ports/workload.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'

/** What a load run tells the API that it started. */
export type ApiOrder = 'drop-connections' | 'tell-retries'

/**
 * What that API tells the run: where it listens, then how many connections it dropped when it was told to; and what its
 * database made it try again since it started, when it was asked and whenever that has become more.
 */
export type ApiNews =
  | { readonly origin: string }
  | { readonly dropped: number }
  | { readonly retries: RetryCounts; readonly asked: boolean }

/** How often is looked whether there is something new to tell, ms: as much of it is lost when the API is killed. */
const tellEveryMs = 250

/** Tells the load run that started this process, if one did, where `server` listens; then obeys it, and ends with it. */
export function followRun(server: RunningServer, countRetries: () => RetryCounts): void {
  if (!process.send) return
  tellRun({ origin: server.origin })
  process.on('message', (order: ApiOrder) => {
    if (order === 'drop-connections') void server.dropConnections().then((dropped) => tellRun({ dropped }))
    else tellRun({ retries: countRetries(), asked: true })
  })
  tellRetries(countRetries)
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

function tellRetries(countRetries: () => RetryCounts): void {
  let told = 0
  const tell = (): void => {
    const retries = countRetries()
    const total = Object.values(retries).reduce((sum, times) => sum + times, 0)
    if (total > told && process.connected) tellRun({ retries, asked: false })
    told = total
  }
  setInterval(tell, tellEveryMs).unref()
}

function tellRun(news: ApiNews): void {
  process.send?.(news)
}
