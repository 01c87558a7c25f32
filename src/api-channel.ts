import type { RunningServer } from './lib/workloads/workload.ts'

/** What a load run tells the API that it started. */
export type ApiOrder = 'drop-connections'

/** What that API tells the run: where it listens, then how many connections it dropped when it was told to. */
export type ApiNews = { readonly origin: string } | { readonly dropped: number }

/** Tells the load run that started this process, if one did, where `server` listens; then obeys it, and ends with it. */
export function followRun(server: RunningServer): void {
  tellRun({ origin: server.origin })
  process.on('message', (order: ApiOrder) => {
    if (order === 'drop-connections') void server.dropConnections().then((dropped) => tellRun({ dropped }))
  })
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

function tellRun(news: ApiNews): void {
  process.send?.(news)
}
