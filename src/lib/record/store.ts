import { access, constants, link, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ignoreFailure } from '../base/abort.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'
import { inFolder, tryFolder, runFileName, takeFreeName, isLike } from '../base/files.ts'
import { readNamedFile } from '../base/named-file.ts'
import type { Report } from './record.ts'

/**
 * Saves a report as `<folder>/<UTC time>-<kind>.json` and returns that path. It appears whole or not
 * at all, and never replaces another. Throws `report-unwritable`.
 */
export async function saveReport(report: Report, folder: string): Promise<string> {
  const name = runFileName(folder, report.startedAt, report.kind)
  return writeWhole(report, `${name}.json`, (unfinished, write) =>
    inFolder(folder, write).then(() =>
      takeFreeName(name, '.json', async (path) => {
        await moveTo(unfinished, path)
        return path
      }),
    ),
  )
}

/** Puts a later state of a saved report in its place, whole or not at all; returns `path`. Throws `report-unwritable`. */
export async function replaceReport(report: Report, path: string): Promise<string> {
  return writeWhole(report, path, async (unfinished, write) => {
    await write()
    await rename(unfinished, path)
    return path
  })
}

/** Has `place` write a report into a file beside `file`, and move it to where it is to be. Throws `report-unwritable`. */
async function writeWhole(
  report: Report,
  file: string,
  place: (unfinished: string, write: () => Promise<void>) => Promise<string>,
): Promise<string> {
  const unfinished = `${file}.${report.id}.tmp`
  try {
    const content = `${JSON.stringify(report, refuseNonNumbers, 2)}\n`
    return await place(unfinished, () => writeFile(unfinished, content, { flush: true }))
  } catch (error) {
    throw failure('report-unwritable', { file, reason: reasonOf(error) }, error)
  } finally {
    await ignoreFailure(rm(unfinished, { force: true }))
  }
}

/** Checks, before anything is done, that a report can be saved in `folder`. Throws `report-unwritable`. */
export async function requireWritable(folder: string): Promise<void> {
  try {
    await tryFolder(folder)
  } catch (error) {
    throw failure('report-unwritable', { file: folder, reason: reasonOf(error) }, error)
  }
}

/** Checks, before anything is done, that `file` can be written. Throws `file-unwritable`. */
export async function requireWritableFile(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => null)
    if (found?.isDirectory()) throw new Error('it is a folder')
    // A file of its own may stand in a folder that takes no other.
    if (found) await access(file, constants.W_OK)
    else await stat(dirname(file)).then(() => tryFolder(dirname(file)))
  } catch (error) {
    throw failure('file-unwritable', { file, reason: reasonOf(error) }, error)
  }
}

/** Writes a form of a report to `file`, which is replaced when it is there. Nothing stays of a new one that is not whole. Throws `file-unwritable`. */
export async function writeView(file: string, content: string): Promise<void> {
  const isNew = (await stat(file).catch(() => null)) === null
  try {
    await writeFile(file, content)
  } catch (error) {
    if (isNew) await ignoreFailure(rm(file, { force: true }))
    throw failure('file-unwritable', { file, reason: reasonOf(error) }, error)
  }
}

/** Error codes of a file system without hard links (FAT, some shared folders). */
const noHardLinks = new Set<unknown>(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** A hard link, unlike a rename, fails with EEXIST when the name is taken. */
async function moveTo(file: string, path: string): Promise<void> {
  try {
    await link(file, path)
  } catch (error) {
    if (!noHardLinks.has(codeOf(error))) throw error
    await reserveAndRename(file, path)
  }
}

/** An empty file takes the name first (EEXIST when it is taken); the rename then replaces it in one step. */
async function reserveAndRename(file: string, path: string): Promise<void> {
  await (await open(path, 'wx')).close()
  try {
    await rename(file, path)
  } catch (error) {
    await ignoreFailure(rm(path, { force: true }))
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code
}

/** Bytes of a report, at most: those of days of load have a few million. */
export const mostReportBytes = 256_000_000

/** Reads a saved report. Throws `report-unreadable`. */
export async function readReport(file: string): Promise<Report> {
  let content: string
  try {
    content = (await readNamedFile(file, mostReportBytes)).toString()
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : reasonOf(error)
    throw failure('report-unreadable', { file, reason }, error)
  }
  // The schema's library takes some 30 MB, so that it is loaded only where a report is read.
  const { parseReport } = await import('./parse.ts')
  return parseReport(content, file)
}

/** The reports of one kind in a folder, from the oldest to the newest; those that cannot be read are passed over. */
export async function readReportsOf<Kind extends Report['kind']>(
  folder: string,
  kind: Kind,
): Promise<Extract<Report, { readonly kind: Kind }>[]> {
  const files = await listReports(folder).catch(() => [])
  const reports = await Promise.all(
    files.filter((file) => file.includes(`-${kind}`)).map((file) => readReport(file).catch(() => null)),
  )
  const isOfKind = (report: Report | null): report is Extract<Report, { readonly kind: Kind }> => report?.kind === kind
  return reports.filter(isOfKind).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
}

/** The files that `path` names: itself, those of a folder that end as reports do, or those that fit a pattern. */
export async function listReports(path: string): Promise<string[]> {
  const isReport = (name: string) => name.endsWith('.json')
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return listFolder(path, isReport)
  if (found || !/[*?]/.test(basename(path))) return [path]
  return listFolder(dirname(path), (name) => isLike(name, basename(path)))
}

async function listFolder(folder: string, accepts: (name: string) => boolean): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return found
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && accepts(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => join(folder, name))
}

/** JSON would turn it into null, and what cannot be read again must not be saved. */
function refuseNonNumbers(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${key} is ${value}`)
  return value
}
