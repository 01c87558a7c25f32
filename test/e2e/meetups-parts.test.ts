import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { connectRpc } from '../../src/lib/workloads/meetups/rpc/client.ts'
import { createSandbox, type CliSandbox, type RunningCli } from '../support/cli/sandbox.ts'
import { testEngines } from '../support/database/engines.ts'
import { borrowDatabase } from '../support/database/redis-databases.ts'
import { findPorts } from '../support/free-ports.ts'
import { createPeople } from '../support/meetups/gateway-users.ts'
import { ask } from '../support/meetups/graphql.ts'
import { buildManifests, environmentOf, hasManifestTools, podsOf, type Manifest } from '../support/manifests.ts'
import { startPrivateService } from '../support/private-service.ts'
import { findService } from '../support/services.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const hasTools = await hasManifestTools()
const mariadb = testEngines.find(({ name }) => name === 'mariadb')!.open
const redis = await findService('redis')
const workload = ['--workload', 'meetups']

const read = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS() as Manifest)

interface Part {
  readonly name: string
  /** Port of its health check; the gateway has another one. */
  readonly healthPort: number
  /** The service that its readiness is about. */
  readonly service: string
  start(): RunningCli
}

/**
 * The parts as the manifests start them, but on loopback: `services` are where the servers are, and addresses and ports those
 * from `first` on.
 */
async function partsOf(place: CliSandbox, services: Record<string, string>, first: number): Promise<Part[]> {
  const manifests = read(await buildManifests(join(root, 'deploy/overlays/local/meetups-parts')))
  const secrets = read((await run(join(root, 'deploy/secrets.sh'), ['mariadb'])).stdout)
  const certificates = read((await run(join(root, 'deploy/certificates.sh'), ['localhost'])).stdout)[0]!
  for (const [name, pem] of Object.entries(certificates.stringData!)) await writeFile(join(place.folder, name), pem)
  const containers = podsOf(manifests).flatMap(({ name, spec }) => ({ ...spec.containers[0]!, pod: name }))
  const ours = containers.filter(({ args }) => args?.[0] === 'start')
  return ours.map((container, at) => {
    const healthPort = first + 20 + at
    const here = { ...services, RUSHBENCH_SERVICE_PORT: String(first), RUSHBENCH_IMAGES: 'disk:images' }
    const given = Object.entries({ ...environmentOf(container, manifests, secrets), ...here })
    const env = Object.fromEntries(
      given.map(([name, value]) => [
        name,
        value
          .replaceAll(/rushbench-\w+:710(\d)/g, (_whole, digit: string) => `localhost:${first + Number(digit)}`)
          .replace(/^\/tls/, place.folder),
      ]),
    )
    const words = container.args!.map((word) =>
      word
        .replace('=0.0.0.0', '=127.0.0.1')
        .replace('=7180', `=${healthPort}`)
        .replace('=3000', `=${first + 10}`)
        .replace('=9464', `=${first + 11}`),
    )
    const service = container.readinessProbe?.grpc?.service ?? ''
    return { name: container.pod.replace('rushbench-', ''), healthPort, service, start: () => place.start(words, env) }
  })
}

it.skipIf(!hasTools || mariadb === null || redis === null)(
  'loses nothing of a load, each part run as its manifest says, while chat, relay and saga are killed',
  async ({ skip }) => {
    await using stack = new AsyncDisposableStack()
    const [database, cache] = [await mariadb!(), await borrowDatabase(redis!)]
    for (const one of [database, cache]) stack.defer(() => one.remove())
    const broker = await startPrivateService('nats')
    if (broker === null) {
      skip()
      return
    }
    stack.use(broker)
    const place = stack.use(await createSandbox())
    const services = { RUSHBENCH_DB: database.url, RUSHBENCH_CACHE: cache.url, RUSHBENCH_BROKER: broker.url }
    expect((await place.run(['migrate', '--fill', ...workload], services)).code).toBe(0)

    const first = await findPorts(30)
    const parts = await partsOf(place, services, first)
    expect(parts.map(({ name }) => name).toSorted()).toEqual(
      ['api', 'chat', 'image', 'post', 'relay', 'saga', 'user'].toSorted(),
    )
    const running = new Map<string, RunningCli>()
    stack.defer(async () => {
      for (const { child } of running.values()) child.kill('SIGKILL')
      for (const { result } of running.values()) await result
    })
    const start = async (part: Part) => {
      const cli = part.start()
      running.set(part.name, cli)
      await cli.waitFor(/Listening on /)
    }
    await Promise.all(parts.map(start))
    for (const { name, healthPort, service } of parts.filter((part) => part.name !== 'api')) {
      const health = await connectRpc('Health', { part: name, address: `127.0.0.1:${healthPort}`, secret: 'none' })
      expect([name, await health.api.check({ service })]).toEqual([name, { status: 'SERVING' }])
      health.close()
    }

    const origin = `http://127.0.0.1:${first + 10}`
    const people = createPeople({ ask: (...question) => ask(origin, ...question) })
    const { idToken } = await people.newUser()
    const flags = ['--target', origin, '--mix', 'host,chat', '--users', '30', '--duration', '7s', '--json']
    const load = place.start(['load', ...workload, ...flags], services)
    const ids: string[] = []
    const post = async () => {
      ids.push(...(await Promise.all(Array.from({ length: 5 }, () => people.newPost(idToken)))))
    }
    for (const name of ['chat', 'relay', 'saga']) {
      await post()
      const { child, result } = running.get(name)!
      child.kill('SIGKILL')
      await result
      await post()
      if (name === 'chat') {
        const { errors } = await ask(origin, `{ room(id: "${randomUUID()}") { id } }`, {}, idToken)
        expect(errors).toMatchObject([
          { message: 'The chat service does not answer', extensions: { code: 'unavailable' } },
        ])
      }
      await start(parts.find((part) => part.name === name)!)
    }
    const { code, stdout, stderr } = await load.result
    // 5: the generator was late, as it may be where others share the machine.
    expect([code, stderr]).toEqual([code === 5 ? 5 : 0, expect.anything()])
    const report = JSON.parse(stdout) as LoadReport
    expect(report.audit).toMatchObject({ passed: true })
    expect(report.load.outcomes.booked).toBeGreaterThan(0)
    for (const id of ids) await people.approved(id, idToken)

    for (const { child } of running.values()) child.kill('SIGTERM')
    const ends = await Promise.all([...running].map(async ([name, { result }]) => ({ name, ...(await result) })))
    running.clear()
    expect(ends.map((end) => [end.name, end.code])).toEqual(ends.map(({ name }) => [name, 0]))
    // The operator is told where it is.
    expect(ends.map((end) => end.stderr).join('\n')).toMatch(
      new RegExp(`The part chat at localhost:${first + 2} did not answer: `),
    )
    // Calls are encrypted.
    expect(ends.map((end) => end.stderr).join('\n')).not.toContain('not encrypted')
  },
  150_000,
)
