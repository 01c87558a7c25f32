import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readNamedFile } from '../../base/named-file.ts'
import { failure } from '../../base/errors/errors.ts'
import { mostJobBytes, type TravellingScenario } from './queued-job.ts'

/** Which scenarios of a person's own a worker runs: none, any, or files of these hashes. */
export type AllowedScenarios = 'none' | 'any' | ReadonlySet<string>

/**
 * Packs a scenario file for its way to workers. Throws `scenario-unusable` for one that has `foreign` imports: what is
 * neither Node's nor rushbench's is not on their machines.
 */
export async function packScenario(file: string, foreign: readonly string[]): Promise<TravellingScenario> {
  if (foreign.length > 0) {
    const reason = `it imports ${foreign.join(' and ')}, which does not travel to the workers with it. Put all that it needs into one file`
    throw failure('scenario-unusable', { file, reason })
  }
  const source = (await readNamedFile(file, mostJobBytes)).toString()
  return { name: basename(file), source }
}

/** Whether a worker runs that, by the hash of what came. */
export function isAllowed({ source }: TravellingScenario, allowed: AllowedScenarios): boolean {
  if (allowed === 'none' || allowed === 'any') return allowed === 'any'
  return allowed.has(hashOf(source))
}

/** A scenario file that has come from elsewhere. */
export interface UnpackedScenario {
  readonly file: string
  remove(): Promise<void>
}

/** Writes a scenario to a file of its own, which nothing has been imported from before. */
export async function unpackScenario({ name, source }: TravellingScenario): Promise<UnpackedScenario> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-scenario-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const file = join(folder, basename(name))
    await writeFile(file, source, { mode: 0o600 })
    return { file, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The SHA-256 of a scenario's text, as `sha256sum` prints it. */
export function hashOf(source: string): string {
  return createHash('sha256').update(source).digest('hex')
}
