import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRaw, type RawClient } from '../support/http/raw-client.ts'
import { upgrade } from '../support/http/raw-web-socket.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

let work: CliSandbox

beforeAll(async () => {
  work = await createSandbox()
  await work.run(['migrate', '--workload', 'meetups'])
})
afterAll(() => work[Symbol.asyncDispose]())

async function start(...flags: string[]): Promise<{ cli: RunningCli; origin: string }> {
  const cli = work.start(['start', '--workload', 'meetups', '--port', '0', ...flags])
  return { cli, origin: (await cli.waitFor(/Listening on (\S+)/))[1]! }
}

const slowHead =
  'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n'

/** Begins a request, and sends a byte of its body now and then for as long as it can. */
async function openSlow(origin: string): Promise<RawClient> {
  const client = await openRaw(origin, slowHead)
  // The API has its head.
  await expect.poll(() => client.received).toContain('100 Continue')
  client.socket.write('{')
  const timer = setInterval(() => client.socket.write(' '), 100)
  void client.closed.then(() => clearInterval(timer))
  return client
}

describe('an API that is stopped', () => {
  it('ends the connections of those who hold it, once it has waited for as long as it is told', async () => {
    const { cli, origin } = await start('--shutdown-timeout', '1s')
    using slow = await openSlow(origin)
    // It never answers anything, the closing handshake least of all.
    const deaf = await upgrade(origin)
    const deafEnded = new Promise((resolve) => deaf.once('close', resolve))
    const begun = performance.now()
    cli.child.kill('SIGTERM')
    const { code, stderr } = await cli.result
    const onlyTheNote = /^There are no accounts and posts yet: .*\n$/
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(onlyTheNote) })
    expect(performance.now() - begun).toBeGreaterThan(900)
    expect(performance.now() - begun).toBeLessThan(8000)
    await Promise.all([slow.closed, deafEnded])
  })

  it('ends at once when it is told a second time', async () => {
    const { cli, origin } = await start('--shutdown-timeout', '5m')
    using _ = await openSlow(origin)
    cli.child.kill('SIGTERM')
    await sleep(500)
    expect(cli.child.exitCode).toBeNull()
    const begun = performance.now()
    cli.child.kill('SIGINT')
    expect(await cli.result).toMatchObject({ code: 130 })
    expect(performance.now() - begun).toBeLessThan(3000)
  })
})

describe('a command that waits for its database', () => {
  it.each(['audit', 'start'])('ends at the first signal, %s', async (command) => {
    await using silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const cli = work.start([command, '--db', `postgres://user:secret@127.0.0.1:${port}/x?connect_timeout=60`])
    const [socket] = (await once(silent, 'connection')) as [RawClient['socket']]
    const begun = performance.now()
    cli.child.kill('SIGTERM')
    const { code, stderr } = await cli.result
    socket.destroy()
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: 'Error: Interrupted. The database was not connected to, and nothing was begun.\n',
    })
    expect(performance.now() - begun).toBeLessThan(8000)
  })
})

describe('replicas that are stopped', () => {
  it('end with who started them, at once when that is told a second time', async () => {
    const { cli, origin } = await start('--replicas', '2', '--shutdown-timeout', '5m')
    const [, pid] = await cli.waitFor(new RegExp(`listens on ${origin} \\(process (\\d+)\\)`))
    using slow = await openSlow(origin)
    cli.child.kill('SIGTERM')
    await sleep(500)
    process.kill(Number(pid), 0)
    cli.child.kill('SIGTERM')
    expect(await cli.result).toMatchObject({ code: 130 })
    // Nothing else would have ended it by now.
    await slow.closed
  })
})

describe('secrets of an API', () => {
  it('are asked for where parts are in processes of their own, and shown nowhere', async () => {
    const alone = await work.run(['start', '--workload', 'meetups', '--service', 'user'])
    expect(alone.code).toBe(2)
    expect(alone.stderr).toMatch(/needs the secret that all parts show each other.*RUSHBENCH_SERVICE_SECRET/)
    const env = { RUSHBENCH_SERVICE_SECRET: 'fishing-at-the-weir', RUSHBENCH_METRICS_TOKEN: 'carp-and-trout-at-dawn' }
    for (const args of [['configs'], ['configs', '--json'], ['start', '--help']]) {
      const { code, stdout, stderr } = await work.run(args, env)
      expect(code).toBe(0)
      for (const secret of Object.values(env)) expect(stdout + stderr).not.toContain(secret)
    }
    const short = await work.run(['configs'], { RUSHBENCH_METRICS_TOKEN: 'too-short' })
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('metricsToken')])
    expect(short.stderr).not.toContain('too-short')
  })
})
