import { failure } from '../../../base/errors/errors.ts'
import { expandHome, parameterTable, readParameters, someText, word, wrongParameter } from '../url-parameters.ts'
import { redactUrl } from '../../../base/redact-url.ts'

/** Pragmas of the connection. Without a journal nothing could be rolled back, so that `off` is none of them. */
const pragmas = {
  journal_mode: {
    ...word('wal', 'delete', 'truncate', 'persist', 'memory'),
    does: 'journal, which the file keeps; `wal` unless it is given, but in a file that others have tables in',
  },
  synchronous: {
    ...word('off', 'normal', 'full', 'extra'),
    does: 'how far a commit waits for the disk; `full` unless it is given, `extra` with journals that are deleted',
  },
}

/** Parameters of a SQLite URL: SQLite's own (https://www.sqlite.org/uri.html), which it is handed, and pragmas. */
export const sqliteParameters = parameterTable({
  ...pragmas,
  mode: {
    ...word('ro', 'rw', 'rwc', 'memory'),
    does: 'only to be read, to be written, made where there is no such file, or kept in memory; `rwc` unless it is given',
  },
  cache: { ...word('private', 'shared'), does: 'whether connections of one process share their pages' },
  immutable: {
    ...word('0', '1'),
    does: '1: the file cannot change, so that it is read without any lock',
  },
  nolock: { ...word('0', '1'), does: '1: no file is locked; two that write will spoil it' },
  psow: { ...word('0', '1'), does: '0: a write may harm bytes beside it when the power fails' },
  vfs: {
    ...someText,
    does: 'layer of SQLite over the file system, such as `unix-excl`',
    allowed: 'a name that SQLite knows',
  },
})

/** A database file. */
export interface SqliteUrl {
  readonly shown: string
  /** `:memory:` for one without a file. */
  readonly path: string
  /** A URL of a SQLite file, read. */
  readonly file: string
  readonly isReadOnly: boolean
  /** It may be made. */
  readonly makes: boolean
  /** Null: the best that can be had. */
  readonly journalMode: string | null
  /** Null: as far as durable commits need. */
  readonly synchronous: string | null
}

const scheme = 'sqlite:'
/** A database without a file. */
export const inMemory = ':memory:'

/**
 * Reads `sqlite:PATH?mode=ro`. In the path `~/` is the home folder, and %3F a question mark, as every %HH is a byte. Throws
 * `database-not-ours` where it names no file, `url-parameter-unknown` and `url-parameter-wrong`.
 */
export function readSqliteUrl(url: string): SqliteUrl {
  const shown = redactUrl(url)
  const [, given = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(url.slice(scheme.length)) ?? []
  const written = decode(given.replace(/^\/\/(?=\/)/, ''))
  if (/^~[^/]/.test(written)) {
    const reason = 'a ~ is the home folder only before a /; a file whose name begins with it is written ./~name'
    throw failure('database-not-ours', { url: shown, reason })
  }
  const path = expandHome(written)
  // SQLite takes an empty path for a database that is gone when it is closed.
  if (path === '') throw failure('database-not-ours', { url: shown, reason: 'it names no file' })
  if (path.includes('\0')) throw failure('database-not-ours', { url: shown, reason: 'no path can hold %00' })
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '')
  const parameters = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return [decode(name), decode(value.join('='))] as const
  })
  const values = readParameters(sqliteParameters, parameters, { shown, engine: 'SQLite' })
  const isReadOnly = values.mode === 'ro' || values.immutable === '1'
  if (isReadOnly && values.journal_mode !== undefined) {
    const allowed = 'it where the file may be written to: with mode=ro or immutable=1 it stays as it is'
    throw wrongParameter(shown, 'journal_mode', values.journal_mode, allowed)
  }
  const handed = Object.entries(values)
    .filter(([name]) => !Object.hasOwn(pragmas, name))
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
  return {
    shown,
    path: values.mode === 'memory' || values.vfs === 'memdb' ? inMemory : path,
    file:
      handed.length === 0
        ? path
        : `file:${encodeURI(path.toWellFormed()).replaceAll(/[?#]/g, encodeURIComponent)}?${handed.join('&')}`,
    isReadOnly,
    makes: !isReadOnly && values.mode !== 'rw',
    journalMode: values.journal_mode ?? null,
    synchronous: values.synchronous ?? null,
  }
}

/** A % that begins no byte is one. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll(/%(?![\da-f]{2})/gi, '%25'))
  } catch {
    return text
  }
}
