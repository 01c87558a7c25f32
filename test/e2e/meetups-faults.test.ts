import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findPorts } from '../support/free-ports.ts'
import { createPeople } from '../support/meetups/gateway-users.ts'
import { ask } from '../support/meetups/graphql.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

/** Services in the order of their ports. */
const services = ['user', 'post', 'chat', 'image', 'saga', 'relay'] as const

const secret = randomBytes(32).toString('hex')

let place: CliSandbox
let running: Map<string, RunningCli>
let servicePort: number

beforeEach(async () => {
  place = await createSandbox()
  running = new Map()
  servicePort = await findPorts(services.length)
})

afterEach(async () => {
  for (const { child, result } of running.values()) {
    child.kill('SIGTERM')
    await result
  }
  await place[Symbol.asyncDispose]()
})

/** The origin of one part in a process of its own. */
async function start(service: string): Promise<string> {
  const ports = ['--service-port', String(servicePort), '--port', '0']
  const cli = place.start(['start', '--workload', 'meetups', '--service', service, ...ports], {
    RUSHBENCH_SERVICE_SECRET: secret,
  })
  running.set(service, cli)
  return (await cli.waitFor(/Listening on (\S+)/))[1] as string
}

async function kill(service: string): Promise<void> {
  const cli = running.get(service)!
  running.delete(service)
  cli.child.kill('SIGKILL')
  await cli.result
}

it('brings every post to its end, each part in its own process, while chat, relay and saga are killed', async () => {
  expect((await place.run(['migrate', '--workload', 'meetups'])).code).toBe(0)
  await Promise.all(services.map(start))
  const origin = await start('gateway')

  const people = createPeople({ ask: (...question) => ask(origin, ...question) })
  const { idToken } = await people.newUser()
  async function createPosts(): Promise<void> {
    await Promise.all(Array.from({ length: 10 }, () => people.newPost(idToken)))
  }

  for (const service of ['chat', 'relay', 'saga']) {
    await createPosts()
    await kill(service)
    await createPosts()
    await start(service)
  }
  const approved = async () => {
    const { data } = await ask(origin, '{ posts(first: 100) { edges { node { id } } } }')
    return data.posts.edges.length as number
  }
  await expect.poll(approved, { timeout: 60_000, interval: 200 }).toBe(60)
  const { code, stdout, stderr } = await place.run(['audit', '--workload', 'meetups'])
  expect(stdout + stderr).toContain('0 lost')
  expect(code).toBe(0)
})
