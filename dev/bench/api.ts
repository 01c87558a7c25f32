import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import autocannon from 'autocannon'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { formatNumber, formatTable } from '../../src/lib/base/format.ts'
import { generateSlots } from '../../src/lib/workloads/vaccination/slots.ts'
import { median } from './figures.ts'

// The API on one core, what loads it on the other. Needs wrk and taskset (Debian: apt-get install wrk util-linux).

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const serverCore = '0'
const clientCore = '1'
const repeats = 5
const seconds = 4
const connections = 100
const users = 3000
const userRepeats = 3

const folder = await mkdtemp(join(tmpdir(), 'rushbench-bench-'))
const januaryPath = '/schedules-memstore/date/2000/1'
const children: ChildProcess[] = []
const slots = generateSlots({
  from: '2000-01-01',
  years: 3,
  opens: 480,
  closes: 1180,
  every: 1_200_000,
  capacity: 1_000_000,
})
const january = Buffer.from(JSON.stringify(slots.filter(({ year, month }) => year === 2000 && month === 1)))

async function rushbench(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [entryPoint, ...args], { cwd: folder, maxBuffer: 1e8 })
  return stdout
}

async function startPinned(args: readonly string[], ready: RegExp): Promise<{ origin: string; child: ChildProcess }> {
  const child = spawn('taskset', ['-c', serverCore, process.execPath, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const chunk of child.stdout) {
    const found = ready.exec(String(chunk))
    if (found?.[1]) return { origin: found[1], child }
  }
  throw new Error(`${args.join(' ')} did not start`)
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function wrk(url: string): Promise<number> {
  const { stdout } = await run('taskset', ['-c', clientCore, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url])
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout)
  return Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1])
}

/** Bookings acknowledged a second, each of a random slot of three years. */
async function book(origin: string): Promise<number> {
  const bodies = Array.from({ length: 10_000 }, (_, i) =>
    JSON.stringify({ ticket_id: `bench-${i}`, schedule_id: slots[Math.floor(Math.random() * slots.length)]?.id }),
  )
  const result = await autocannon({
    url: `${origin}/reservations`,
    connections,
    duration: seconds,
    requests: bodies
      .slice(0, 1000)
      .map((body) => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } })),
  })
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refusals, ${result.errors} errors`)
  return result['2xx'] / result.duration
}

/** The least that Node can do: the same bytes from node:http, with no framework and no cache to ask. */
const bareServer = `
  const body = Buffer.alloc(${january.length}, 'x')
  const server = require('node:http').createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port + ' '))`

async function benchCalendarAndBooking(): Promise<string[][]> {
  await rushbench('migrate')
  await rushbench('insert-schedules', '--capacity', '1000000')
  const ours = await startPinned([entryPoint, 'start', '--port', '0'], /Listening on (\S+)/)
  const bare = await startPinned(['-e', bareServer], /(http\S+) /)
  const figures = { calendar: [] as number[], bare: [] as number[], booking: [] as number[] }
  for (let i = 0; i < repeats; i++) {
    figures.calendar.push(await wrk(ours.origin + januaryPath))
    figures.bare.push(await wrk(bare.origin))
    figures.booking.push(await book(ours.origin))
  }
  await Promise.all([stop(ours.child), stop(bare.child)])
  const { checkpoints } = JSON.parse(await rushbench('insert-reservation-bench', '--inserts', '500', '--json')) as {
    checkpoints: { mean: number }[]
  }
  const oneByOne = 1e6 / (checkpoints[0]?.mean ?? NaN)
  const calendar = median(figures.calendar)
  const booking = median(figures.booking)
  return [
    [
      `calendar, ${formatNumber(january.length / 1000)} kB, cached`,
      `${formatNumber(calendar)}/s`,
      '20,000/s',
      `${formatNumber(calendar / median(figures.bare))} of bare node:http`,
    ],
    [
      'durable bookings',
      `${formatNumber(booking)}/s`,
      '8,000/s',
      `${formatNumber(booking / oneByOne)} times single durable inserts`,
    ],
  ]
}

async function benchUsers(): Promise<string[][]> {
  const runs: LoadReport['load'][] = []
  for (let i = 0; i < userRepeats; i++) {
    const args = ['load', '--users', String(users), '--duration', '60s', '--json']
    runs.push((JSON.parse(await rushbench(...args)) as LoadReport).load)
  }
  const rps = median(runs.map((load) => load.rps))
  const share = median(runs.map((load) => load.rps / load.idealRps))
  const p99 = median(runs.map(({ responseTime }) => responseTime.p99 ?? NaN))
  const failures = runs.reduce((sum, load) => sum + load.failures, 0)
  return [
    [
      `${users} users, 60 s`,
      `${formatNumber(rps)}/s`,
      '99% of ideal',
      `${formatNumber(share * 100)}% of ideal, ${formatNumber(rps / users)} a user`,
    ],
    ['', `${failures} failures`, '0', ''],
    ['', `p99 ${formatNumber(p99)} ms`, '250 ms', ''],
  ]
}

try {
  const rows = [...(await benchCalendarAndBooking()), ...(await benchUsers())]
  process.stdout.write(`${formatTable(['work', 'measured', 'goal', 'ratio'], rows)}\n`)
} finally {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
}
