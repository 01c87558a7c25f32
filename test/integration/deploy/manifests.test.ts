import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import { apiNames } from '../../support/workloads.ts'
import { checkCommand } from '../../support/cli/check-command.ts'
import {
  buildManifests,
  environmentOf,
  expand,
  findProblems,
  hasManifestTools,
  podsOf,
  readCompose,
  whyUnreachable,
  type Container,
  type Manifest,
} from '../../support/manifests.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)
const hasTools = await hasManifestTools()

const read = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS() as Manifest)
const secretsFor = async (...args: string[]) => (await run(join(root, 'deploy/secrets.sh'), args)).stdout

/** Every folder of deploy/ that can be built; components are parts of others. */
const folders = (await readdir(join(root, 'deploy'), { recursive: true })).filter((name) =>
  name.endsWith('kustomization.yaml'),
)
const kinds = await Promise.all(
  folders.map(async (file) => {
    const text = await readFile(join(root, 'deploy', file), 'utf8')
    return { folder: dirname(file), isComponent: text.includes('kind: Component') }
  }),
)
const buildable = kinds.filter(({ isComponent }) => !isComponent).map(({ folder }) => folder)
const built = hasTools
  ? await Promise.all(
      buildable.map(async (folder) => {
        const yaml = await buildManifests(join(root, 'deploy', folder))
        return { folder, yaml, manifests: read(yaml) }
      }),
    )
  : []
const overlays = built.filter(({ folder }) => folder.startsWith('overlays/'))
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
const databaseOf = (manifests: readonly Manifest[]) =>
  manifests.some((manifest) => JSON.stringify(manifest).includes('"image":"mariadb:')) ? 'mariadb' : 'postgres'
const isOurs = ({ image }: Container) => /(^|\/)rushbench:/.test(image)

/** The words that rushbench is given by a container; null where it runs another program. */
function wordsOf({ command, args = [] }: Container, env: Readonly<Record<string, string>>): string[] | null {
  const words = args.map((word) => expand(word, env))
  if (command === undefined) return words
  return command[0] === 'sh' && words[0] === 'rushbench' ? words.slice(1) : null
}

/** Throws what rushbench would say of such a command in such an environment. */
async function checkCall(words: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  await checkCommand(words)
  await resolveConfig({ flags: {}, env, cwd: join(root, 'deploy') })
}

/** The parts of meetups that have pods of their own, beside the gateway, by the names of these. */
const partsIn = (folder: string): string[] =>
  folder.endsWith('/meetups-parts')
    ? ['user', 'post', 'chat', 'image', 'saga', 'relay'].map((name) => `rushbench-${name}`)
    : []

const names = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])

describe('deploy/', () => {
  it('has an API of each workload, with an overlay for one machine and one for several', () => {
    for (const name of apiNames) {
      expect(buildable).toEqual(
        expect.arrayContaining([`apis/${name}`, `overlays/local/${name}`, `overlays/cloud/${name}`]),
      )
    }
  })
})

describe.skipIf(!hasTools).each(built)('deploy/$folder', ({ yaml, manifests }) => {
  const pods = podsOf(manifests)

  it('is taken by Kubernetes, in a namespace that restricts pods as far as it can', async () => {
    expect(await findProblems(yaml)).toEqual([])
  })

  it('runs images of a version with limits, without a disk that can be written or an account of the cluster', () => {
    for (const { spec, containers } of pods) {
      expect(spec.automountServiceAccountToken).toBe(false)
      for (const { image, resources, securityContext } of containers) {
        expect(image).toMatch(/:\d[\w.-]*$/)
        expect(resources).toMatchObject({ requests: {}, limits: { memory: expect.any(String) } })
        expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true })
      }
    }
    for (const { name, spec } of pods.filter(({ containers }) => containers.some(isOurs))) {
      // Else a Service rushbench-api would be RUSHBENCH_API_PORT in the environment, which is no setting.
      expect([name, spec.enableServiceLinks]).toEqual([name, false])
    }
    for (const container of pods.flatMap(({ containers }) => containers).filter(isOurs)) {
      expect(container.image).toMatch(new RegExp(`rushbench:${version.replaceAll('.', '\\.')}$`))
    }
  })

  it('says no password', () => {
    expect(yaml).not.toMatch(/kind: Secret|:\/\/[^\s/]*:[^\s/$]+@/)
  })
})

describe.skipIf(!hasTools).each(overlays)('deploy/$folder, with its secrets', ({ folder, manifests }) => {
  const pods = podsOf(manifests)
  const isLocal = folder.startsWith('overlays/local/')
  const find = (kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)
  // Somebody else's database is reached in the same way.
  const secrets = secretsFor(isLocal ? databaseOf(manifests) : 'mariadb').then(read)

  it('calls commands with flags and settings that they take', async () => {
    const called: string[] = []
    for (const container of pods.flatMap(({ containers }) => containers).filter(isOurs)) {
      const env = environmentOf(container, manifests, await secrets)
      const words = wordsOf(container, env)
      if (words) await checkCall(words, env)
      called.push(words?.[0] ?? container.name)
    }
    const ofParts = partsIn(folder).flatMap(() => ['migrate', 'start'])
    const published = folder.endsWith('/orders') ? ['await-replicas', 'publish'] : []
    const everywhere = ['await-api', 'load', 'migrate', 'migrate', 'migrate', 'start', 'worker']
    expect(called.toSorted()).toEqual([...everywhere, ...ofParts, ...published].toSorted())
  })

  it('has as many workers as the load asks for, and leaves the number of replicas to what scales them', () => {
    const asked = Number(find('ConfigMap', 'rushbench-load')!.data!['RUSHBENCH_WORKERS'])
    expect(find('Deployment', 'rushbench-workers')!.spec.replicas).toBe(asked)
    const scaled = manifests
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ spec }) => spec.scaleTargetRef!.name)
    const fixed = manifests.filter(({ kind, spec }) => kind === 'Deployment' && spec.replicas !== undefined)
    expect(scaled.filter((name) => fixed.some(({ metadata }) => metadata.name === name))).toEqual([])
    // One node writes to the volume of images.
    const onVolume = { 'overlays/local/meetups': 'rushbench-api', 'overlays/local/meetups-parts': 'rushbench-image' }
    const several = ['rushbench-api', ...partsIn(folder).filter((name) => !/saga|relay/.test(name))]
    expect(scaled.toSorted()).toEqual(
      several.filter((name) => name !== onVolume[folder as keyof typeof onVolume]).toSorted(),
    )
  })

  it('reaches every server that it names: by a Service with pods, and past the policies of the network', async () => {
    const [database, ...others] = [...(await secrets)].sort((one) =>
      one.metadata.name === 'rushbench-database' ? -1 : 1,
    )
    const here = isLocal ? [database!, ...others] : others
    for (const { name, labels, containers } of pods) {
      for (const container of containers) {
        for (const value of Object.values(environmentOf(container, manifests, await secrets))) {
          const { hostname, port } = URL.canParse(value) ? new URL(value) : { hostname: '', port: '' }
          if (!hostname.startsWith('rushbench-') || !here.some(({ metadata }) => metadata.name === hostname)) {
            if (hostname !== 'rushbench-api') continue
          }
          expect([name, hostname, whyUnreachable(manifests, labels, hostname, Number(port))]).toEqual([
            name,
            hostname,
            null,
          ])
        }
      }
    }
  })

  it('mounts only claims that are there', () => {
    const claims = pods.flatMap(({ spec }) =>
      (spec.volumes ?? []).flatMap((volume) => names(volume.persistentVolumeClaim?.claimName)),
    )
    for (const claim of claims) expect(find('PersistentVolumeClaim', claim)?.kind).toBe('PersistentVolumeClaim')
    expect(claims).toContain('rushbench-reports')
  })
})

describe.skipIf(!hasTools)('what checks the manifests', () => {
  const manifest = (more: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: x }
spec:
  selector: { matchLabels: { a: b } }
  template:
    metadata: { labels: { a: b } }
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: x
          image: x
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          ${more}
`
  it.each([
    ['nothing', '', []],
    ['a field that there is not', 'argz: [x]', [/unknown field "spec.template.spec.containers\[0\].argz"/]],
    ['a field of another type', 'args: x', [/cannot unmarshal string/]],
    ['a volume that there is not', 'volumeMounts: [{ name: a, mountPath: /a }]', [/volumeMounts\[0\].name: Not found/]],
    ['a long name of a port', 'ports: [{ name: longer-than-fifteen, containerPort: 1 }]', [/must be no more than 15/]],
    [
      'a limit below the request',
      'resources: { requests: { cpu: 2 }, limits: { cpu: 1 } }',
      [/must be less than or equal/],
    ],
    ['a port of the node', 'ports: [{ containerPort: 1, hostPort: 1 }]', [/restricted: hostPort/]],
  ])('finds %s', async (_what, more, found) => {
    const problems = await findProblems(manifest(more))
    expect(problems).toEqual(found.map((pattern) => expect.stringMatching(pattern)))
  })

  it.each(['mariadb', 'postgres', ''])('takes the secrets of a cluster with %j', async (database) => {
    const printed = await secretsFor(...(database === '' ? [] : [database]))
    expect(await findProblems(printed)).toEqual([])
    const passwords = read(printed).map(({ stringData }) => stringData!['password']!)
    expect(new Set(passwords).size).toBe(database === '' ? 4 : 5)
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{64}$/)
  })

  it('finds commands with flags or settings that there are not', async () => {
    await expect(checkCall(['load', '--no-such-flag'], {})).rejects.toThrow('Nonexistent flag')
    await expect(checkCall(['load'], { RUSHBENCH_NO_SUCH: '1' })).rejects.toThrow('RUSHBENCH_NO_SUCH')
    await expect(checkCall(['load'], { RUSHBENCH_USERS: 'many' })).rejects.toThrow('many')
  })
})

describe.skipIf(!hasTools)('the profile "load" of compose.yaml', () => {
  it('calls commands with flags and settings that they take', async () => {
    const services = await readCompose('load')
    const ours = Object.values(services).filter(({ image }) => image.startsWith('rushbench:'))
    expect(ours.map(({ command }) => command![0]!).toSorted()).toEqual(['load', 'migrate', 'start', 'worker'])
    for (const { image, command, environment = {} } of ours) {
      expect(image).toBe(`rushbench:${version}`)
      await checkCall(command!, environment)
      for (const value of Object.values(environment)) {
        if (URL.canParse(value)) expect(Object.keys(services)).toContain(new URL(value).hostname)
      }
    }
    const others = await readCompose()
    expect(Object.values(others).filter(({ image }) => image.startsWith('rushbench:'))).toEqual([])
  })
})

describe('docs/deploying.md', () => {
  const page = readFile(join(root, 'docs/deploying.md'), 'utf8')

  it('names only folders and files that are there', async () => {
    const named = [...(await page).matchAll(/\bdeploy\/[\w./-]*\w/g)].map(([path]) => path.replace(/\/NAME$/, ''))
    expect(named.length).toBeGreaterThan(5)
    for (const path of new Set(named)) await expect(stat(join(root, path))).resolves.toBeTruthy()
  })

  it.skipIf(!hasTools)('shows an overlay that can be built, and is what it says', async () => {
    const shown = /```yaml\n# kustomization.yaml\n(.*?)```/s.exec(await page)![1]!
    const folder = await mkdtemp(join(tmpdir(), 'rushbench-overlay-'))
    // A path from there to here, since kustomize takes no other.
    const here = shown.replace('../rushbench', relative(await realpath(folder), root))
    await writeFile(join(folder, 'kustomization.yaml'), here)
    const yaml = await buildManifests(folder)
    await rm(folder, { recursive: true })
    expect(await findProblems(yaml)).toEqual([])
    const manifests = read(yaml)
    const images = podsOf(manifests).flatMap(({ containers }) => containers.map(({ image }) => image))
    expect(images.filter((image) => image.includes('/rushbench:'))).toEqual(
      Array.from({ length: 9 }, () => `registry.example.org/tools/rushbench:${version}`),
    )
    const data = (name: string) =>
      manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)!.data
    expect(data('rushbench-workload')).toEqual({ RUSHBENCH_WORKLOAD: 'orders', RUSHBENCH_ORDERS: '100000' })
    expect(data('rushbench-load')).toMatchObject({ RUSHBENCH_WORKERS: '10', RUSHBENCH_RAMP_UP: '1m' })
  })
})
