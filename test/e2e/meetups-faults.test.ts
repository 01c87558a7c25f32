import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWorkplace, type RunningCli, type Workplace } from './cli.ts'

/** In the order of their ports. */
const services = ['user', 'post', 'chat', 'image', 'saga', 'relay'] as const

let place: Workplace
let running: Map<string, RunningCli>
let servicePort: number

beforeEach(async () => {
  place = await createWorkplace()
  running = new Map()
  servicePort = await findPorts()
})

afterEach(async () => {
  for (const { child, result } of running.values()) {
    child.kill('SIGTERM')
    await result
  }
  await place[Symbol.asyncDispose]()
})

/** The first of as many free ports as there are services. */
async function findPorts(): Promise<number> {
  for (let first = 20_000 + (process.pid % 10_000); ; first += services.length) {
    const free = await Promise.all(services.map((_, at) => isFree(first + at)))
    if (free.every(Boolean)) return first
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

/** The origin of one part in a process of its own. */
async function start(service: string): Promise<string> {
  const ports = ['--service-port', String(servicePort), '--port', '0']
  const cli = place.start(['start', '--workload', 'meetups', '--service', service, ...ports])
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

  async function ask(query: string, variables: object, idToken = ''): Promise<Record<string, never>> {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(idToken && { authorization: `Bearer ${idToken}` }) },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data: Record<string, never>; errors?: unknown }
    expect(errors).toBeUndefined()
    return data
  }

  const signUp =
    'mutation { createUser(email: "a@example.org", name: "A", password: "carp-and-trout") { tokens { idToken } } }'
  const { createUser } = (await ask(signUp, {})) as unknown as { createUser: { tokens: { idToken: string } } }
  const { idToken } = createUser.tokens
  const input = {
    title: 'Carp at dawn',
    content: 'Bring tea.',
    prefecture: 13,
    spotType: 'LAKE',
    fishTypes: ['CARP'],
    meetingAt: new Date(Date.now() + 86_400_000).toISOString(),
    maxApply: 2,
  }
  const createPost = 'mutation ($input: PostInput!) { createPost(input: $input) { post { id } } }'
  async function createPosts(): Promise<void> {
    await Promise.all(Array.from({ length: 10 }, () => ask(createPost, { input }, idToken)))
  }

  for (const service of ['chat', 'relay', 'saga']) {
    await createPosts()
    await kill(service)
    await createPosts()
    await start(service)
  }
  const approved = async () => {
    const { posts } = (await ask('{ posts(first: 100) { edges { node { id } } } }', {})) as unknown as {
      posts: { edges: unknown[] }
    }
    return posts.edges.length
  }
  await expect.poll(approved, { timeout: 60_000, interval: 200 }).toBe(60)
  const { code, stdout, stderr } = await place.run(['audit', '--workload', 'meetups'])
  expect(stdout + stderr).toContain('0 lost')
  expect(code).toBe(0)
})
