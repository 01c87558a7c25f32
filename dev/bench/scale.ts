import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatCount, formatNumber, formatTable } from '../../src/lib/base/format.ts'
import { startPrivateService } from '../../test/support/private-service.ts'
import { median } from './figures.ts'
import type { ScaleCost, ScaleJob } from './scale/coordinator.ts'

// Measures what a second of a worker costs the coordinator, with and without bookings, by a real Redis: npm run bench:scale -- [rounds].

const rounds = Number(process.argv[2] ?? 3)
const jobs = [
  { workers: 10, seconds: 30, requests: 400, bookings: 0 },
  { workers: 100, seconds: 20, requests: 400, bookings: 0 },
  { workers: 1000, seconds: 10, requests: 400, bookings: 0 },
  { workers: 1000, seconds: 4, requests: 400, bookings: 40 },
  // A million users of the default workload, 20,000 on each worker.
  { workers: 50, seconds: 4, requests: 7480, bookings: 980 },
] as const

const run = promisify(execFile)
const coordinator = fileURLToPath(new URL('scale/coordinator.ts', import.meta.url))

async function measure(job: ScaleJob): Promise<ScaleCost> {
  const { stdout } = await run(process.execPath, [coordinator, JSON.stringify(job)])
  return JSON.parse(stdout) as ScaleCost
}

async function main(): Promise<void> {
  const service = await startPrivateService('redis')
  if (!service) throw new Error('this needs a Redis: dev/services install redis')
  await using server = service
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-scale-'))
  const rows: string[][] = []
  try {
    for (const [index, job] of jobs.entries()) {
      const costs: ScaleCost[] = []
      for (let round = 0; round < rounds; round++) {
        const ledger = join(folder, `${index}-${round}.jsonl`)
        costs.push(await measure({ ...job, queue: server.url, ledger }))
        process.stderr.write(
          `${job.workers} workers, ${job.bookings} bookings a second: round ${round + 1} of ${rounds}\n`,
        )
      }
      const workerSeconds = job.workers * job.seconds
      const cpuUs = (median(costs.map(({ cpuSeconds }) => cpuSeconds)) * 1e6) / workerSeconds
      const bytes = (costs[0] as ScaleCost).bytes / workerSeconds
      const maxRssMb = Math.max(...costs.map((cost) => cost.maxRssMb))
      rows.push([
        formatCount(job.workers),
        formatCount(job.workers * job.requests),
        formatCount(job.workers * job.bookings),
        `${formatNumber(cpuUs)} us`,
        `${formatNumber(bytes / 1000)} kB`,
        `${formatNumber(maxRssMb)} MB`,
        formatCount(Math.floor(1e6 / cpuUs)),
      ])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  const columns = [
    'workers',
    'requests/s',
    'bookings/s',
    'CPU a worker-second',
    'messages',
    'max RSS',
    'a core carries',
  ]
  console.log(formatTable(columns, rows))
}

await main()
