import { ignoreFailure, orAborted } from '../../base/abort.ts'
import { failure } from '../../base/errors/errors.ts'
import type { ClientOptions, DatabaseClient } from '../../ports/database-client.ts'
import type { ConnectOptions, Database, DatabaseAdapter, PausableAccess } from '../../ports/database.ts'
import { redactUrl } from '../../base/redact-url.ts'

const mysql = async (): Promise<DatabaseAdapter> => (await import('./mysql/index.ts')).mysql
const postgres = async (): Promise<DatabaseAdapter> => (await import('./postgres/index.ts')).postgres
const mongodb = async (): Promise<DatabaseAdapter> => (await import('./mongodb/index.ts')).mongodb
const redis = async (): Promise<DatabaseAdapter> => (await import('./redis/index.ts')).redis
const sqlite = async (): Promise<DatabaseAdapter> => (await import('./sqlite/index.ts')).sqlite

/** URL scheme -> engine, loaded only when it is used. */
const engines: Readonly<Record<string, () => Promise<DatabaseAdapter>>> = {
  sqlite,
  mysql,
  mariadb: mysql,
  postgres,
  postgresql: postgres,
  mongodb,
  'mongodb+srv': mongodb,
  redis,
  rediss: redis,
  unix: redis,
}

/** The scheme of a URL in small letters, however it is written. */
function schemeOf(url: string): string {
  return url.slice(0, Math.max(0, url.indexOf(':'))).toLowerCase()
}

/** The URL with its scheme as drivers know it. */
function withPlainScheme(url: string): string {
  const scheme = schemeOf(url)
  return scheme + url.slice(scheme.length)
}

/** The engine for a URL. Throws `engine-unknown`. */
async function adapterFor(url: string): Promise<DatabaseAdapter> {
  const scheme = schemeOf(url)
  const load = Object.hasOwn(engines, scheme) ? engines[scheme] : undefined
  if (!load)
    throw failure('engine-unknown', { url: redactUrl(url), allowed: Object.keys(engines).map((name) => `${name}:`) })
  return load()
}

/** Opens the database at `url`. Throws `engine-unknown`, `interrupted`, and whatever the engine's `connect` throws. */
export async function connectDatabase(url: string, options: ConnectOptions): Promise<Database> {
  const connecting = (await adapterFor(url)).connect(withPlainScheme(url), options)
  const { signal } = options
  if (!signal) return connecting
  try {
    return await orAborted(connecting, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    // It may come about all the same, and nobody would close it.
    void ignoreFailure(connecting.then((database) => database[Symbol.asyncDispose]()))
    throw failure('interrupted', { done: 'The database was not connected to, and nothing was begun.' }, error)
  }
}

/** Opens a way to the database at `url` that can be paused. Throws `engine-unknown`, and whatever the engine throws. */
export async function openPausable(url: string): Promise<PausableAccess> {
  return (await adapterFor(url)).openPausable(withPlainScheme(url))
}

/** Names the engine for a URL. Throws `engine-unknown`. */
export async function engineOf(url: string): Promise<{ readonly engine: string; readonly inProcess: boolean }> {
  const { name, inProcess = false } = await adapterFor(url)
  return { engine: name, inProcess }
}

/** Opens the way of a measured load to the database at `url`. Throws `engine-unknown`, and whatever the engine throws. */
export async function openDatabaseClient(url: string, options: ClientOptions): Promise<DatabaseClient> {
  return (await adapterFor(url)).openClient(withPlainScheme(url), options)
}
