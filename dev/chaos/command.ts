import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** A command that is under way. */
export interface Command {
  readonly child: ChildProcess
  /** Output so far. */
  printed(): string
  readonly ended: Promise<CommandResult>
}

/** Exit and output of a command that has ended. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Few places, so that they are fought for. */
const scarce = { RUSHBENCH_CAPACITY: '2', RUSHBENCH_YEARS: '1' }

/** Starts rushbench in a folder, which is also its home. */
export function startCommand(folder: string, words: readonly string[]): Command {
  const child = spawn(process.execPath, [entryPoint, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...scarce },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, printed: () => stdout + stderr, ended }
}

/** Says in a line how a command ended that did not end well. */
export function describeEnd({ code, stderr }: CommandResult): string {
  return `exit code ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`
}
