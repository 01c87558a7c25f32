import type { BinLogEvent, BinLogRotationEvent, BinLogRowEvent } from '@powersync/mysql-zongji'
import { randomInt } from 'node:crypto'
import type { PoolOptions } from 'mysql2/promise'
import { pause } from '../../../base/abort.ts'
import { reasonOf } from '../../../base/errors/errors.ts'
import type { RowLog } from '../../../ports/database.ts'
import type { RowLogFollower } from '../../../ports/row-log.ts'
import { createRowQueue } from '../row-queue.ts'
import type { MysqlConnections } from './connection.ts'
import { translateMysqlError } from './errors.ts'
import type { MysqlFlavour } from './flavour.ts'

const grant = 'GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.*'

/** The binary log of MySQL and MariaDB, which a client reads as a replica does. */
export function createMysqlRowLog(connections: MysqlConnections, { name }: MysqlFlavour): RowLog {
  return {
    async unavailable() {
      if (name !== 'mysql' && name !== 'mariadb') return `${name} has no binary log that a client could read`
      if (connections.connection.encrypted && connections.connection.verified === 'authority and host')
        return "its driver does not hold the server's certificate against the name of the host, as ssl-mode=VERIFY_IDENTITY has it"
      const variables = await connections.ask(
        "show global variables where variable_name in ('log_bin', 'binlog_format')",
      )
      const of = new Map(variables.map((row) => [row['Variable_name'], String(row['Value'])]))
      if (of.get('log_bin') !== 'ON') return 'log_bin is OFF: start the server with --log-bin and --binlog-format=ROW'
      // Servers that write rows alone no longer have it.
      const format = of.get('binlog_format') ?? 'ROW'
      if (format !== 'ROW') return `binlog_format is ${format}: set it to ROW`
      const rights = (await connections.ask('show grants')).map((row) => String(Object.values(row)[0]))
      const isAllowed = rights.some((right) => /REPLICATION (SLAVE|REPLICA)\b|ALL PRIVILEGES ON \*\.\*/.test(right))
      if (!isAllowed) return `the user lacks the right REPLICATION SLAVE: ${grant} to it`
      return readEnd(connections).then(
        () => null,
        (error: unknown) => `${reasonOf(error)}: ${grant} to the user`,
      )
    },
    async follow(table, from) {
      const end = await readEnd(connections)
      const start = (await isThere(connections, from, end)) ? readPosition(from!) : end
      return openFollower(connections, { table: table.name, start })
    },
    // The server deletes its files by its own settings, whoever reads them.
    async forget() {},
  }
}

/** A place in the log of one server; files have ascending numbers. */
interface Place {
  readonly server: string
  readonly base: string
  readonly file: number
  readonly offset: number
}

/** Ascends as a text as long as the server is the same. */
function writePosition({ server, base, file, offset }: Place): string {
  return `${server}/${base}/${String(file).padStart(10, '0')}/${String(offset).padStart(16, '0')}`
}

function readPosition(position: string): Place {
  const [server = '', base = '', file, offset] = position.split('/')
  return { server, base, file: Number(file), offset: Number(offset) }
}

function readFile(name: string): Pick<Place, 'base' | 'file'> {
  const dot = name.lastIndexOf('.')
  return { base: name.slice(0, dot), file: Number(name.slice(dot + 1)) }
}

function fileName({ base, file }: Place): string {
  return `${base}.${String(file).padStart(6, '0')}`
}

/** MySQL has named the statement anew, and MariaDB has not. */
async function readEnd(connections: MysqlConnections): Promise<Place> {
  const [identity] = await connections.ask("show global variables where variable_name = 'server_uuid'")
  const [id] = identity ? [identity] : await connections.ask("show global variables where variable_name = 'server_id'")
  const [status] = await connections
    .ask('show master status')
    .catch(async (error: unknown) =>
      connections.ask('show binary log status').catch(() => Promise.reject(error as Error)),
    )
  return { server: String(id?.['Value']), ...readFile(String(status?.['File'])), offset: Number(status?.['Position']) }
}

/** Whether the server still has that place in its log; it may be another one by now, or have begun its log anew. */
async function isThere(connections: MysqlConnections, from: string | null, end: Place): Promise<boolean> {
  if (from === null) return false
  const place = readPosition(from)
  if (place.server !== end.server || place.base !== end.base || from > writePosition(end)) return false
  const files = await connections.ask('show binary logs')
  const found = files.find((row) => row['Log_name'] === fileName(place))
  return found !== undefined && place.offset <= Number(found['File_size'])
}

/** A replica's number, which no other one of the server may have: one that has it is thrown out. */
const serverIds = [2 ** 30, 2 ** 32 - 1] as const
const stopWithinMs = 1000

async function openFollower<R extends object>(
  connections: MysqlConnections,
  { table, start }: { readonly table: string; readonly start: Place },
): Promise<RowLogFollower<R>> {
  // Loaded only where it is used: it brings another driver along.
  const { ZongJi } = await import('@powersync/mysql-zongji')
  const client = new ZongJi(driverOptions(connections.options))
  const queue = createRowQueue<R>(writePosition(start), (isHeld) => (isHeld ? client.pause() : client.resume()))
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  let place = start
  let rows: R[] = []
  client.on('ready', resolve)
  client.on('error', (error: unknown) => {
    const told = translateMysqlError(error, connections.url) as Error
    reject(told)
    queue.fail(told)
  })
  client.on('binlog', (event: BinLogEvent & { getTypeName(): string }) => {
    const type = event.getTypeName()
    if (type === 'Rotate') {
      const { binlogName, position } = event as BinLogRotationEvent
      place = { ...place, ...readFile(binlogName), offset: position }
    } else if (type === 'WriteRows') {
      rows.push(...((event as BinLogRowEvent).rows as R[]))
    } else if (type === 'Xid') {
      place = { ...place, offset: event.nextPosition }
      queue.push(rows, writePosition(place))
      rows = []
    }
  })
  client.start({
    filename: fileName(start),
    position: start.offset,
    serverId: randomInt(...serverIds),
    includeEvents: ['tablemap', 'writerows', 'xid', 'rotate'],
    includeSchema: { [connections.database]: [table] },
  })
  const close = async () => {
    const late = new AbortController()
    const stopped = new Promise<void>((done) => client.on('stopped', done))
    client.stop()
    // A server that is away does not say so.
    await Promise.race([stopped, pause(stopWithinMs, late.signal)])
    late.abort()
  }
  await ready.catch(async (error: unknown) => {
    await close()
    throw error
  })
  return {
    read: queue.read,
    end: async () => writePosition(await readEnd(connections)),
    confirm() {},
    close,
  }
}

/** The options of the pool that the log's driver, an older relative, knows as well. */
function driverOptions({ host, port, socketPath, user, password, connectTimeout, ssl }: PoolOptions) {
  const { ca, cert, key, passphrase, rejectUnauthorized } = typeof ssl === 'object' ? ssl : {}
  return {
    host: host ?? 'localhost',
    ...(port !== undefined && { port }),
    ...(socketPath !== undefined && { socketPath }),
    user: user ?? '',
    password: password ?? '',
    connectTimeout,
    ...(ssl !== undefined && { ssl: { ca, cert, key, passphrase, rejectUnauthorized } }),
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    supportBigNumbers: true,
  }
}
