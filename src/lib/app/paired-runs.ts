import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isTooFew, planPairs } from '../compare/choose-runs.ts'
import { splitWords } from '../config/command-line.ts'
import { whyNotValid } from '../compare/faults.ts'
import type { Sides } from '../compare/noise.ts'
import { onAbort } from '../base/abort.ts'
import { exitCodes } from '../base/errors/error-entry.ts'
import { failure } from '../base/errors/errors.ts'
import { makeFolder } from '../base/files.ts'
import type { Report } from '../record/record.ts'
import { readReport } from '../record/store.ts'
import { hideInCommand, hideInWords } from '../base/secret-text.ts'

/** Runs of two commands, in turns. */
export interface PairedRuns {
  /** Arguments of rushbench, or of another program that begins with its path, as one line. */
  readonly commands: { readonly baseline: string; readonly candidate: string }
  readonly pairs: number
  /** Reports are kept in its folders `baseline` and `candidate`, those of dropped pairs in `not-valid`. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  /** Called for each run that is made again, and each pair that is dropped. */
  readonly onNote: (text: string) => void
}

type Side = keyof Sides<Report>

/** Reports of both sides. */
export interface PairsMade {
  readonly sides: Sides<Report>
  /** Why each dropped pair was dropped: one of its runs stayed not valid. */
  readonly dropped: readonly string[]
}

/** How often a run is made before it counts as not valid. */
const mostTries = 3

/**
 * Runs both commands `pairs` times in processes of their own, A B B A ..., and reads what they saved. A run that is not
 * valid is made again, up to three times in all; when it stays so, its pair is dropped. Ends as soon as too few pairs can
 * be left. Throws `run-failed` when one saves no report, and `interrupted` once the signal aborts.
 */
export async function runInPairs(runs: PairedRuns): Promise<PairsMade> {
  const plan = planPairs(runs.pairs)
  const kept: SavedRun[] = []
  const dropped: string[] = []
  for (let pair = 0; pair < runs.pairs && !isTooFew(runs.pairs - dropped.length, runs.pairs); pair++) {
    const made: SavedRun[] = []
    for (const side of plan.slice(2 * pair, 2 * pair + 2)) {
      runs.onProgress({ done: 2 * pair + made.length, total: plan.length })
      const tried = await tryRun(side, runs)
      made.push(tried)
      if (tried.notValid === null) continue
      dropped.push(`pair ${pair + 1}: the ${side} was not valid in ${mostTries} tries; the last: ${tried.notValid}`)
      runs.onNote(`${dropped.at(-1)}. The pair is dropped.`)
      break
    }
    if (made.every(({ notValid }) => notValid === null)) kept.push(...made)
    else for (const run of made) await setAside(run, runs.folder)
  }
  runs.onProgress({ done: plan.length, total: plan.length })
  const of = (side: Side) => kept.flatMap((run) => (run.side === side ? run.reports : []))
  return { sides: { baseline: of('baseline'), candidate: of('candidate') }, dropped }
}

/** Files and reports that one run of a command saved. */
interface SavedRun {
  readonly side: Side
  readonly files: readonly string[]
  readonly reports: readonly Report[]
  /** Why the run is not valid; null where it is. */
  readonly notValid: string | null
}

async function tryRun(side: Side, runs: PairedRuns): Promise<SavedRun> {
  for (let tries = 1; ; tries++) {
    const run = await runOnce(side, runs)
    if (run.notValid === null || tries === mostTries) return run
    await setAside(run, runs.folder)
    runs.onNote(`${side}: ${run.notValid}. It is made again.`)
  }
}

async function runOnce(side: Side, { commands, folder, signal }: PairedRuns): Promise<SavedRun> {
  const command = commands[side]
  const folderOfSide = join(folder, side)
  const before = new Set(await listFiles(folderOfSide))
  const { exit, output } = await runCommand([...splitWords(command), '--reports', folderOfSide], signal)
  if (signal.aborted || exit === exitCodes.interrupted)
    throw failure('interrupted', { done: `The reports of the runs so far are in ${folder}.` })
  const files = (await listFiles(folderOfSide)).filter((file) => !before.has(file))
  const saved = files.filter((file) => file.endsWith('.json'))
  if (saved.length === 0)
    throw failure('run-failed', { command: hideInCommand(command), exit: String(exit), reason: lastLine(output) })
  const reports = await Promise.all(saved.map(readReport))
  return { side, files, reports, notValid: reports.map(whyNotValid).find((reason) => reason !== null) ?? null }
}

async function listFiles(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
}

/** Moves a run's files to a folder that comparisons do not read, where they can still be inspected. */
async function setAside({ side, files }: SavedRun, folder: string): Promise<void> {
  const aside = join(folder, 'not-valid', side)
  await makeFolder(aside)
  for (const file of files) await rename(file, join(aside, basename(file)))
}

interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string
  readonly output: string
}

/** Characters of a program's output that are kept, for its last sentence. */
const keptOutput = 10_000

async function runCommand(words: readonly string[], signal: AbortSignal): Promise<Ended> {
  const { program, args, env } = programOf(words)
  // Its own process group: Ctrl-C reaches it once, through this process, and lets it end by itself.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env })
  const killGroup = () => killAll(child)
  const stopFollowing = onAbort(signal, () => child.kill('SIGINT'))
  process.once('exit', killGroup)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(-keptOutput)))
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { exit: code ?? killedBy ?? 'no exit code', output }
  } catch (error) {
    throw failure(
      'run-failed',
      { command: hideInWords(words).join(' '), exit: 'an error', reason: (error as Error).message },
      error,
    )
  } finally {
    stopFollowing()
    process.off('exit', killGroup)
  }
}

/** Returns the environment without GitHub's job summary: the comparison is added to it, not each of its runs. */
function environmentOfRuns(): NodeJS.ProcessEnv {
  const { GITHUB_STEP_SUMMARY: _summary, ...others } = process.env
  return others
}

/** How a run is started. */
interface Program {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/**
 * Takes words that begin with a path for another program, such as another version; Node runs a script. Arguments for this
 * rushbench go through the environment where they hold a secret, since every user may see a process's arguments.
 */
function programOf(words: readonly string[]): Program {
  const [first = '', ...others] = words
  const env = environmentOfRuns()
  if (!first.includes('/')) {
    const args = [...process.execArgv, process.argv[1] as string]
    const isSecret = hideInWords(words).some((word, at) => word !== words[at])
    return isSecret
      ? { program: process.execPath, args, env: { ...env, RUSHBENCH_ARGUMENTS: JSON.stringify(words) } }
      : { program: process.execPath, args: [...args, ...words], env }
  }
  return /\.[cm]?js$/.test(first)
    ? { program: process.execPath, args: [first, ...others], env }
    : { program: first, args: others, env }
}

function killAll({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function lastLine(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line.replace(/^Error: /, '').replace(/\.$/, '') || 'it said nothing'
}
