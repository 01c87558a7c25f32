import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPrivateService } from '../support/private-service.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { requireMade, savedBy, startWorkers, stopWorkers, sumsOf, waitForBookings } from '../support/cli/workers.ts'

const run = promisify(execFile)
const ip = (line: string) => run('ip', line.split(' '))

/** Addresses that are for documentation alone (TEST-NET-2). */
const hosts = ['rushbench-a', 'rushbench-b'].map((name, index) => ({
  name,
  link: `rush${index}`,
  near: `198.51.100.${index * 4 + 1}`,
  far: `198.51.100.${index * 4 + 2}`,
}))

async function addHost({ name, link, near, far }: (typeof hosts)[number]): Promise<void> {
  await ip(`netns add ${name}`)
  await ip(`link add ${link} type veth peer name ${link}p`)
  await ip(`link set ${link}p netns ${name}`)
  await ip(`addr add ${near}/30 dev ${link}`)
  await ip(`link set ${link} up`)
  await ip(`-n ${name} addr add ${far}/30 dev ${link}p`)
  await ip(`-n ${name} link set ${link}p up`)
  await ip(`-n ${name} route add default via ${near}`)
}

async function removeHosts(): Promise<void> {
  for (const { name, link } of hosts) {
    await ip(`link del ${link}`).catch(() => {})
    await ip(`netns del ${name}`).catch(() => {})
  }
}

async function mayAddHosts(): Promise<boolean> {
  await removeHosts()
  try {
    for (const host of hosts) await addHost(host)
    return true
  } catch (error) {
    await removeHosts()
    if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw error
    process.stderr.write(`SKIPPED: hosts in network namespaces need root and iproute2: ${(error as Error).message}\n`)
    return false
  }
}

/** Lets other hosts reach a server that listens on loopback alone. */
async function openDoor(url: string): Promise<{ readonly server: Server; readonly port: number }> {
  const { hostname, port } = new URL(url)
  const server = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port) })
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

const redis = await startPrivateService('redis')
const canRun = redis !== null && (await mayAddHosts())

describe.skipIf(!canRun)('workers on other hosts', () => {
  let work: CliSandbox
  let api: RunningCli
  let target: string
  let queue: string
  let door: Awaited<ReturnType<typeof openDoor>>
  let workers: readonly RunningCli[] = []

  beforeAll(async () => {
    work = await createSandbox()
    door = await openDoor(redis!.url)
    queue = `redis://127.0.0.1:${door.port}`
    await work.run(['migrate', '-w', 'tickets'])
    // Seeds what receipts are about.
    await work.run(['load', '-w', 'tickets', '--users', '1', '--duration', '1s'])
    api = work.start(['start', '-w', 'tickets', '--host', '0.0.0.0', '--port', '0'])
    const [, port] = await api.waitFor(/Listening on http:\/\/[^:]+:(\d+)/)
    target = `http://${hosts[0]!.near}:${port}`
    const started = await Promise.all(
      hosts.map(async ({ name, near }) => {
        const env = { RUSHBENCH_TEST_HOST: `ip netns exec ${name}` }
        const flags = ['--queue', `redis://${near}:${door.port}`, '--name', name, '--allow-remote']
        const worker = work.start(['worker', ...flags], env)
        await worker.waitFor(/waits for work/)
        return worker
      }),
    )
    workers = [...started, ...(await startWorkers(work, queue, ['here'], ['--allow-remote']))]
  })

  afterAll(async () => {
    await stopWorkers([...workers, api])
    door.server.close()
    await removeHosts()
    await work[Symbol.asyncDispose]()
    await redis?.[Symbol.asyncDispose]()
  })

  const base = [
    'load',
    '-w',
    'tickets',
    '--rate',
    '60/s',
    '--max-in-flight',
    '300',
    '--timeout',
    '3s',
    '--workers',
    '3',
  ]
  const load = (...flags: readonly string[]) => [...base, '--queue', queue, '--allow-remote', ...flags]
  const audited = ['--db', 'sqlite:.rushbench/rushbench.db']

  it('add up to the last request, and every booking is found', async () => {
    const output = await work.run(load('--duration', '2s', '--target', target, ...audited))
    requireMade(output)
    const report = await savedBy(work, output)
    const sums = sumsOf(report)
    expect(sums.workers).toEqual(sums.whole)
    expect(sums.bookings).toBe(sums.booked)
    expect(report.audit).toMatchObject({ passed: true, acknowledged: sums.booked })
  })

  it('say which of them cannot reach the target', async () => {
    const output = await work.run(load('--duration', '2s', '--target', target.replace(hosts[0]!.near, '127.0.0.1')))
    expect(output.code).toBe(1)
    expect(output.stderr).toMatch(/Worker rushbench-[ab] cannot reach the target http:\/\/127\.0\.0\.1:\d+: /)
  })

  it('end with one that was cut off in the middle: not valid, its bookings kept, and nobody works on', async () => {
    const running = work.start(load('--duration', '1h', '--target', target, ...audited))
    await waitForBookings(work, 150)
    await ip(`link set ${hosts[1]!.link} down`)
    const output = await running.result
    expect(output.code).toBe(5)
    const report = await savedBy(work, output)
    const sums = sumsOf(report)
    expect(sums.workers).toEqual(sums.whole)
    expect(sums.bookings).toBe(sums.booked)
    expect(report.audit).toMatchObject({ passed: true, acknowledged: sums.booked })
    expect(report.generator.reasons).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^worker rushbench-b on .+ was lost: it has given no sign of life for too long; what it measured in its last second is missing$/,
        ),
      ]),
    )
    // It had no network to be told anything by.
    await workers[1]!.waitFor(/given back because the coordinator gave no sign of life/)
  })
})
