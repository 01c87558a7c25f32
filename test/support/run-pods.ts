import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expand, type Container, type Pod } from './manifests.ts'

/** What stands for a cluster: the image as a folder, and what its names and paths are here. */
export interface Stage {
  /** Made by deploy/pack.sh. */
  readonly image: string
  /** For what pods write. */
  readonly folder: string
  /** The environment of a container. */
  environmentOf(container: Container): Record<string, string>
  /** A word of its command line as it has to be here. */
  translate(word: string): string
}

/** A pod of which nothing has to be known but its processes. */
export interface RunningPod {
  /** The exit code of its last container. */
  readonly ended: Promise<number | null>
  /** Everything that its containers printed. */
  output(): string
  /** Ends it as Kubernetes does. */
  stop(): Promise<number | null>
}

/** Runs the containers of a pod as Kubernetes would: the first ones one after the other, then the others. */
export async function runPod({ name, spec }: Pod, stage: Stage): Promise<RunningPod> {
  const folder = await mkdtemp(join(stage.folder, `${name}-`))
  const programs = join(stage.folder, 'programs')
  await mkdir(programs, { recursive: true })
  // As deploy/Containerfile has it.
  await symlink(join(stage.image, 'bin/run.js'), join(programs, 'rushbench')).catch(() => {})
  const path = [programs, dirname(process.execPath), process.env['PATH']].join(delimiter)
  let output = ''
  let current: ChildProcess | null = null
  let isStopped = false

  async function run(container: Container): Promise<number | null> {
    if (isStopped) return null
    const env = { ...stage.environmentOf(container), PATH: path, HOME: folder }
    const { command = ['rushbench'], args = [] } = container
    const [program, ...words] = [...command, ...args].map((word) => stage.translate(expand(word, env)))
    // In a group of its own, so that what a shell has started ends with it.
    const child = spawn(program!, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    current = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
    const [code] = (await once(child, 'close')) as [number | null]
    return code
  }

  async function runAll(): Promise<number | null> {
    for (const container of spec.initContainers ?? []) {
      const code = await run(container)
      if (code !== 0) return code
    }
    return run(spec.containers[0]!)
  }

  const ended = runAll()
  return {
    ended,
    output: () => output,
    async stop() {
      isStopped = true
      if (current?.exitCode === null && current.signalCode === null) process.kill(-current.pid!, 'SIGTERM')
      return ended
    },
  }
}

/** Makes an image as a folder. */
export async function packImage(root: string, folder: string): Promise<void> {
  await promisify(execFile)(join(root, 'deploy/pack.sh'), [folder])
}
