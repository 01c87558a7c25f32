import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buildManifests } from '../support/kustomize.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly securityContext: object
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly replicas?: number
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: { readonly securityContext: object; readonly containers: readonly Container[] }
    }
  }
}

const built = await buildManifests(join(root, 'deploy/base'))
const manifests = parseAllDocuments(built ?? '').map((document) => document.toJS() as Manifest)
const pods = manifests.flatMap(({ kind, metadata, spec }) => (spec.template ? [{ kind, ...metadata, ...spec }] : []))
const containers = pods.flatMap(({ template }) => template!.spec.containers)
const ours = containers.filter(({ image }) => image.startsWith('rushbench:'))

/** As Kubernetes puts values in; nothing listens where the queue is said to be. */
function environmentOf({ env }: Container): Record<string, string> {
  const known: Record<string, string> = { POD_NAME: 'rushbench-workers-1', QUEUE_PASSWORD: 'not-shown' }
  const fill = (text: string) => text.replace(/\$\((\w+)\)/g, (_, name: string) => known[name] ?? `$(${name})`)
  const filled = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, fill(value)] as const]))
  const settings = Object.fromEntries(filled.filter(([name]) => name.startsWith('RUSHBENCH_')))
  return { ...settings, RUSHBENCH_QUEUE: settings['RUSHBENCH_QUEUE']!.replace('rushbench-queue:6379', '127.0.0.1:1') }
}

describe.skipIf(built === null)('the manifests', () => {
  let work: CliSandbox
  beforeAll(async () => {
    work = await createSandbox()
  })
  afterAll(() => work[Symbol.asyncDispose]())

  it('are a queue, workers, a load that writes into a volume, and who may reach the queue', () => {
    expect(manifests.map(({ kind, metadata: { name } }) => `${kind} ${name}`).toSorted()).toEqual([
      'Deployment rushbench-queue',
      'Deployment rushbench-workers',
      'Job rushbench-load',
      'NetworkPolicy rushbench-queue',
      'PersistentVolumeClaim rushbench-reports',
      'Service rushbench-queue',
    ])
  })

  it('run nothing as root, or with a disk of the image that can be written', () => {
    for (const { template } of pods) {
      expect(template!.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      for (const { securityContext } of template!.spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })

  it('say no password', () => {
    expect(built).not.toMatch(/password\s*:\s*\S*[^\s:]+@|kind: Secret/)
  })

  it('name the version of the package, and as many workers as the load asks for', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(ours.map(({ image }) => image)).toEqual([`rushbench:${version}`, `rushbench:${version}`])
    const workers = pods.find(({ name }) => name === 'rushbench-workers')
    expect(ours.flatMap(({ args }) => args)).toContain(`--workers=${workers!.replicas}`)
  })

  it.each(ours.map((container) => [container.name, container] as const))(
    'call %s with flags and settings that it takes',
    async (_name, container) => {
      const env = environmentOf(container)
      const { stdout } = await work.run([...container.args, '--json'], env)
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
      // All that it can say against them is that there is no such queue or target here.
      expect(error.code).toMatch(/^(queue|target)-unreachable$/)
      expect(stdout).not.toContain('not-shown')
      const wrongFlag = await work.run([...container.args, '--no-such-flag'], env)
      expect(wrongFlag.code).toBe(2)
      const wrongSetting = await work.run([...container.args, '--json'], { ...env, RUSHBENCH_NO_SUCH: '1' })
      expect(JSON.parse(wrongSetting.stdout)).toMatchObject({ error: { code: 'setting-unknown' } })
    },
  )
})

describe('what the image is made of', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-image-'))
    await run(join(root, 'deploy/pack.sh'), [folder])
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is enough to make a load of every workload that needs no input, and holds nothing of development', async () => {
    await expect(readFile(join(folder, 'node_modules/vitest/package.json'))).rejects.toThrow('ENOENT')
    for (const workload of ['vaccination', 'stations', 'meetups']) {
      const args = ['load', '--workload', workload, '--users', '2', '--duration', '4s', '--json']
      const cwd = await mkdtemp(join(folder, 'work-'))
      const env = { PATH: process.env['PATH'], HOME: cwd }
      const { stdout } = await run(process.execPath, [join(folder, 'bin/run.js'), ...args], { cwd, env })
      expect(JSON.parse(stdout)).toMatchObject({ audit: { passed: true } })
    }
  })

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
