import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { borrowDatabase } from './redis-databases.ts'
import { findService } from '../services.ts'

/** An engine that the contract suites run on. */
export interface TestEngine {
  readonly name: string
  /** Empty databases of its own, as URLs; null when the server is missing. */
  readonly open: (() => Promise<TestDatabase>) | null
}

export interface TestDatabase {
  readonly url: string
  remove(): Promise<void>
}

async function openSqliteFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
  return { url: `sqlite:${join(folder, 'test.db')}`, remove: () => rm(folder, { recursive: true }) }
}

async function openMysqlDatabase(server: string): Promise<TestDatabase> {
  const name = `rushbench_${randomUUID().slice(0, 8)}`
  const administrate = async (sql: string) => {
    const connection = await createConnection(server)
    await connection.query(sql)
    await connection.end()
  }
  await administrate(`create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  return { url: url.toString(), remove: () => administrate(`drop database ${name}`) }
}

async function openPostgresDatabase(server: string): Promise<TestDatabase> {
  const name = `rushbench_${randomUUID().slice(0, 8)}`
  const administrate = async (sql: string) => {
    const client = new Client({ connectionString: server })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await administrate(`create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  const remove = () =>
    // The force ends what a test left connected, but fails where the server's own vacuum is at work, which a plain one ends.
    administrate(`drop database ${name} with (force)`).catch(() => administrate(`drop database ${name}`))
  return { url: url.toString(), remove }
}

async function openMongoDatabase(server: string): Promise<TestDatabase> {
  const url = new URL(server)
  url.pathname = `rushbench_${randomUUID().slice(0, 8)}`
  return {
    url: url.toString(),
    async remove() {
      await using client = new MongoClient(url.toString())
      await client.db().dropDatabase()
    },
  }
}

const ferretdb = await findService('ferretdb')
const mariadb = await findService('mariadb')
const mongodb6 = await findService('mongodb6')
const mysql8 = await findService('mysql8')
const postgres = await findService('postgres')
const postgres17 = await findService('postgres17')
const redis = await findService('redis')

export const testEngines: readonly TestEngine[] = [
  { name: 'sqlite', open: openSqliteFile },
  { name: 'mariadb', open: mariadb === null ? null : () => openMysqlDatabase(mariadb) },
  { name: 'mongodb', open: mongodb6 === null ? null : () => openMongoDatabase(mongodb6) },
  { name: 'postgres', open: postgres === null ? null : () => openPostgresDatabase(postgres) },
  { name: 'redis', open: redis === null ? null : () => borrowDatabase(redis) },
]

/** Adds other servers of the same engines, for short tests of what they may do differently. */
export const testVersions: readonly TestEngine[] = [
  ...testEngines,
  { name: 'mysql8', open: mysql8 === null ? null : () => openMysqlDatabase(mysql8) },
  { name: 'ferretdb', open: ferretdb === null ? null : () => openMongoDatabase(ferretdb) },
  { name: 'postgres17', open: postgres17 === null ? null : () => openPostgresDatabase(postgres17) },
]
