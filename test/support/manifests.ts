import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const kustomize = process.env['RUSHBENCH_TEST_KUSTOMIZE'] ?? 'kustomize'
const checker = process.env['RUSHBENCH_TEST_MANIFESTS'] ?? 'manifests'

/**
 * Tells whether kustomize and the program of dev/manifests are there. With RUSHBENCH_REQUIRE_SERVICES=1 it is an error that one is
 * not.
 */
export async function hasManifestTools(): Promise<boolean> {
  for (const [name, program, args] of [
    ['kustomize', kustomize, ['version']],
    ['manifests', checker, ['compose', fileURLToPath(new URL('../../compose.yaml', import.meta.url))]],
  ] as const) {
    try {
      await run(program, args)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      const message = `${name} is not installed; install it with: dev/services install ${name}`
      if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message, { cause: error })
      process.stderr.write(`SKIPPED: ${message}\n`)
      return false
    }
  }
  return true
}

/** Returns what `kustomize build FOLDER` prints. */
export async function buildManifests(folder: string): Promise<string> {
  return (await run(kustomize, ['build', folder])).stdout
}

/** Returns what Kubernetes would refuse in these manifests, a line for each problem. */
export async function findProblems(yaml: string): Promise<string[]> {
  const child = spawn(checker, ['kubernetes'], { stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.end(yaml)
  return (await text(child.stderr)).split('\n').filter((line) => line !== '')
}

/** One service of a compose file. */
export interface ComposeService {
  readonly image: string
  readonly command: readonly string[] | null
  readonly environment?: Readonly<Record<string, string>>
}

/** Reads compose.yaml as Docker does. */
export async function readCompose(...profiles: readonly string[]): Promise<Readonly<Record<string, ComposeService>>> {
  const file = fileURLToPath(new URL('../../compose.yaml', import.meta.url))
  const { stdout } = await run(checker, ['compose', file, ...profiles])
  return (JSON.parse(stdout) as { services: Record<string, ComposeService> }).services
}

interface FromKey {
  readonly name: string
  readonly key: string
}

interface Probe {
  readonly httpGet?: { readonly path: string }
  readonly grpc?: { readonly port: number; readonly service?: string }
}

/** One container of a pod. */
export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: FromKey; readonly fieldRef?: object }
  }[]
  /** The others are secrets that need not be there. */
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly resources: { readonly requests: object; readonly limits: { readonly memory?: string } }
  readonly securityContext: object
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

/** The part of a manifest that says what its pods are. */
export interface PodSpec {
  readonly automountServiceAccountToken?: boolean
  /** Whether the environment names the Services of the namespace: true unless given. */
  readonly enableServiceLinks?: boolean
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes?: readonly {
    readonly name: string
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
}

interface Peer {
  readonly podSelector?: {
    readonly matchLabels?: Readonly<Record<string, string>>
    readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[]
  }
}

/** One object of what kustomize builds, as far as tests look at it. */
export interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly spec: {
    readonly replicas?: number
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[]
    readonly podSelector?: Peer['podSelector']
    readonly ingress?: readonly {
      readonly from: readonly Peer[]
      readonly ports: readonly { readonly port: string }[]
    }[]
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string }
  }
}

/** A pod, by the name of what makes it. */
export interface Pod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: PodSpec
  readonly containers: readonly Container[]
}

/** Returns the pods that manifests make. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const { kind, metadata, spec } = manifest
    const made = spec?.template ?? (kind === 'Pod' ? { metadata, spec: spec as unknown as PodSpec } : null)
    if (!made) return []
    const containers = [...(made.spec.initContainers ?? []), ...made.spec.containers]
    return [{ name: metadata.name, labels: made.metadata.labels ?? {}, spec: made.spec, containers }]
  })
}

/** Returns the environment of a container, as Kubernetes makes it of config maps and secrets; a field of the pod is its name. */
export function environmentOf(
  { env = [], envFrom = [] }: Container,
  manifests: readonly Manifest[],
  secrets: readonly Manifest[],
): Record<string, string> {
  const filled: Record<string, string> = {}
  for (const { configMapRef } of envFrom) {
    if (!configMapRef) continue
    const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name)
    if (!map) throw new Error(`there is no config map ${configMapRef.name}`)
    Object.assign(filled, map.data)
  }
  for (const { name, value, valueFrom } of env) {
    if (valueFrom?.secretKeyRef) filled[name] = secretValue(secrets, valueFrom.secretKeyRef)
    else if (valueFrom) filled[name] = 'pod-1'
    else filled[name] = expand(value ?? '', filled)
  }
  return filled
}

function secretValue(secrets: readonly Manifest[], { name, key }: FromKey): string {
  const value = secrets.find(({ metadata }) => metadata.name === name)?.stringData?.[key]
  if (value === undefined) throw new Error(`there is no secret ${name} with a ${key}`)
  return value
}

/** Puts values in for `$(NAME)`. */
export function expand(words: string, env: Readonly<Record<string, string>>): string {
  return words.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole)
}

/** Returns why pods with these labels cannot connect; null where they can. */
export function whyUnreachable(
  manifests: readonly Manifest[],
  labels: Readonly<Record<string, string>>,
  host: string,
  port: number,
): string | null {
  const pods = podsOf(manifests)

  const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === host)
  if (!service) return 'there is no such Service'
  const opened = service.spec.ports!.find((one) => one.port === port)
  if (!opened) return 'the Service has no such port'
  const matches = (selector: object, of: object) =>
    Object.entries(selector).every(([key, value]) => of[key as never] === value)
  const behind = pods.filter((pod) => matches(service.spec.selector!, pod.labels))
  const target = behind.flatMap(({ containers }) => containers.flatMap(({ ports = [] }) => ports))
  if (!target.some((one) => one.name === opened.targetPort)) return 'no pod has such a port'
  const policies = manifests.filter(
    ({ kind, spec }) =>
      kind === 'NetworkPolicy' && matches(spec.podSelector!.matchLabels ?? { no: 'label' }, behind[0]!.labels),
  )
  if (policies.length === 0) return 'no policy says who may'
  const allowed = policies.some(({ spec }) =>
    spec.ingress!.some(
      ({ from, ports }) =>
        ports.some((one) => one.port === opened.targetPort) &&
        from.some(({ podSelector }) => {
          if (!podSelector) return false
          const { matchLabels = {}, matchExpressions = [] } = podSelector
          return (
            matches(matchLabels, labels) && matchExpressions.every(({ key, values }) => values.includes(labels[key]!))
          )
        }),
    ),
  )
  return allowed ? null : 'the policies of the network do not allow it'
}
