import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'
import { testEngines } from '../support/database/engines.ts'
import { borrowDatabase } from '../support/database/redis-databases.ts'
import { findPorts } from '../support/free-ports.ts'
import {
  buildManifests,
  environmentOf,
  expand,
  hasManifestTools,
  podsOf,
  type Container,
  type Manifest,
  type Pod,
} from '../support/manifests.ts'
import { startPrivateService } from '../support/private-service.ts'
import { packImage, runPod, type RunningPod, type Stage } from '../support/run-pods.ts'
import { findService } from '../support/services.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const hasTools = await hasManifestTools()
const mariadb = testEngines.find(({ name }) => name === 'mariadb')!.open
const redis = await findService('redis')

const read = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS() as Manifest)
const manifests = hasTools ? read(await buildManifests(join(root, 'deploy/overlays/local/meetups'))) : []
const pods = podsOf(manifests)
const secrets = read((await run(join(root, 'deploy/secrets.sh'), ['mariadb'])).stdout)
const passwords = secrets.map(({ stringData }) => stringData!['password']!)
const orders = hasTools ? read(await buildManifests(join(root, 'deploy/overlays/local/orders'))) : []
const callsOf = (of: readonly Pod[], among: readonly Manifest[]) =>
  of
    .flatMap(({ containers }) => containers)
    .filter(({ image, args = [] }) => image.startsWith('rushbench:') && args[0] !== 'node')
    .map((container) => ({ name: container.name, container, among }))
const calls = [
  ...callsOf(pods, manifests),
  // No other workload has one.
  ...callsOf(
    podsOf(orders).filter(({ name }) => name === 'rushbench-publish'),
    orders,
  ),
]

describe.skipIf(!hasTools)('commands of the manifests', () => {
  let work: CliSandbox
  beforeAll(async () => {
    work = await createSandbox()
  })
  afterAll(() => work[Symbol.asyncDispose]())

  /** As Kubernetes fills it in; nothing listens where the servers are said to be. */
  function environmentHere(container: Container, among: readonly Manifest[]): Record<string, string> {
    const env = Object.entries(environmentOf(container, among, secrets)).filter(([name]) =>
      name.startsWith('RUSHBENCH_'),
    )
    return Object.fromEntries(env.map(([name, value]) => [name, value.replace(/rushbench-[a-z]+:\d+/, '127.0.0.1:1')]))
  }

  it.each(calls)('$name can only say that no server is there, and says no password', async ({ container, among }) => {
    const env = environmentHere(container, among)
    const words = (container.args ?? [])
      .map((word) => expand(word, env).replace(/rushbench-api:\d+/, '127.0.0.1:1'))
      .filter((word) => word !== 'rushbench')
    const { stdout, stderr } = await work.run([...words, '--json'], env)
    const { error } = JSON.parse(stdout) as { error: { code: string } }
    expect(error.code).toMatch(/^(broker|database|queue|target)-unreachable$/)
    for (const password of passwords) expect(stdout + stderr).not.toContain(password)
  })
})

describe('what the image is made of', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-image-'))
    await packImage(root, folder)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is enough to make a load of workloads that need no input, and holds nothing of development', async () => {
    await expect(readFile(join(folder, 'node_modules/vitest/package.json'))).rejects.toThrow('ENOENT')
    for (const workload of ['vaccination', 'stations']) {
      const args = ['load', '--workload', workload, '--users', '2', '--duration', '4s', '--json']
      const cwd = await mkdtemp(join(folder, 'work-'))
      const env = { PATH: process.env['PATH'], HOME: cwd }
      const { stdout } = await run(process.execPath, [join(folder, 'bin/run.js'), ...args], { cwd, env })
      expect(JSON.parse(stdout)).toMatchObject({ audit: { passed: true } })
    }
  })

  it.skipIf(!hasTools || mariadb === null || redis === null)(
    'goes from an empty database to a report, run as the manifests say',
    async ({ skip }) => {
      await using stack = new AsyncDisposableStack()
      const [database, cache, queue] = [await mariadb!(), await borrowDatabase(redis!), await borrowDatabase(redis!)]
      for (const one of [database, cache, queue]) stack.defer(() => one.remove())
      const broker = await startPrivateService('nats')
      if (broker === null) {
        skip()
        return
      }
      stack.use(broker)
      const port = await findPorts(2)
      const reports = join(folder, 'reports')
      await mkdir(reports)
      const here: Readonly<Record<string, string>> = {
        RUSHBENCH_DB: database.url,
        RUSHBENCH_CACHE: cache.url,
        RUSHBENCH_QUEUE: queue.url,
        RUSHBENCH_TARGET: `http://127.0.0.1:${port}`,
        RUSHBENCH_BROKER: broker.url,
        RUSHBENCH_IMAGES: `disk:${join(folder, 'images')}`,
        // Less than a cluster gets: a load of seconds.
        RUSHBENCH_USERS: '30',
        RUSHBENCH_RAMP_UP: '1s',
        RUSHBENCH_DURATION: '10s',
        RUSHBENCH_THRESHOLD: 'failures<1%',
      }
      const stage: Stage = {
        image: folder,
        folder,
        environmentOf: (container) => {
          const env = Object.entries(environmentOf(container, manifests, secrets))
          return Object.fromEntries(env.map(([name, value]) => [name, here[name] ?? value]))
        },
        translate: (word) =>
          word
            .replace('=/reports', `=${reports}`)
            .replace('=3000', `=${port}`)
            .replace('=9464', `=${port + 1}`)
            .replace('=0.0.0.0', '=127.0.0.1'),
      }
      const running = new Map<string, RunningPod>()
      stack.defer(async () => void (await Promise.all([...running.values()].map((pod) => pod.stop()))))
      // All at once, as "kubectl apply" does: each waits for what it needs.
      for (const pod of pods.filter(({ containers }) =>
        containers.some(({ image }) => image.startsWith('rushbench:')),
      )) {
        running.set(pod.name, await runPod(pod, stage))
      }
      expect([...running.keys()].toSorted()).toEqual([
        'rushbench-api',
        'rushbench-load',
        'rushbench-tables',
        'rushbench-workers',
      ])
      const api = pods.find(({ name }) => name === 'rushbench-api')!.spec.containers[0]!
      const load = running.get('rushbench-load')!
      const code = await load.ended
      // 5: the generator was late, as it may be where others share the machine.
      expect([code, load.output()]).toEqual([code === 5 ? 5 : 0, expect.stringMatching(/audit ok/)])
      expect(await running.get('rushbench-tables')!.ended).toBe(0)
      for (const [probe, path] of Object.entries(probesOf(api))) {
        expect([probe, (await fetch(`http://127.0.0.1:${port}${path}`)).status]).toEqual([probe, 200])
      }
      expect(await (await fetch(`http://127.0.0.1:${port + 1}/metrics`)).text()).toContain('route="/graphql"')

      const files = await readdir(reports)
      expect(files.map((file) => file.split('.').at(-1)!).toSorted()).toEqual(['html', 'json', 'jsonl', 'md'])
      const saved = join(
        reports,
        files.find((file) => file.endsWith('.json'))!,
      )
      const report = parseReport(await readFile(saved, 'utf8'), saved) as LoadReport
      expect(report).toMatchObject({ audit: { passed: true }, environment: { engine: 'mariadb' } })
      expect(report.load.outcomes.booked).toBeGreaterThan(0)
      for (const name of ['rushbench-api', 'rushbench-workers']) expect(await running.get(name)!.stop()).toBe(0)
    },
    240_000,
  )

  it('is copied by the image from files that its build is given', async () => {
    const given = await readFile(join(root, '.dockerignore'), 'utf8')
    const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { files: readonly string[] }
    const made = new Set(['dist', 'oclif.manifest.json'])
    for (const file of files) if (!made.has(file)) expect(given).toContain(`!${file.split('/')[0]}\n`)
    const image = await readFile(join(root, 'deploy/Containerfile'), 'utf8')
    expect(image).toContain('deploy/pack.sh /app')
    expect(image).toMatch(/^USER 1000:1000$/m)
  })
})

/** The paths of the probes of a container, by their names. */
function probesOf(container: Container): Record<string, string> {
  const probes = Object.entries(container).filter(([name]) => name.endsWith('Probe')) as [
    string,
    { httpGet: { path: string } },
  ][]
  return Object.fromEntries(probes.map(([name, { httpGet }]) => [name, httpGet.path]))
}
