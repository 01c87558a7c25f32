import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ClientConfig } from 'pg'
import { failure } from '../../../base/errors/errors.ts'
import { readTlsFiles, systemAuthorities, tlsOptions, type TlsMaterial } from '../tls.ts'
import {
  expandHome,
  parameterTable,
  readParameters,
  somePath,
  someText,
  wholeNumber,
  word,
  wrongParameter,
  type ParameterValues,
} from '../url-parameters.ts'
import { readUrlParts, whyTooMany, type Place, type UrlParts } from '../url-parts.ts'
import { namedSchemas } from './session.ts'
import type { Verification } from '../../../ports/database-facts.ts'

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const sessionAttributes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const

/** The server that is looked for among several hosts. */
export type SessionAttributes = (typeof sessionAttributes)[number]

/** Parameters of a PostgreSQL URL: libpq's names and meanings, and two of our own. */
export const postgresParameters = parameterTable({
  sslmode: {
    ...word(...sslModes),
    does: 'encryption, as libpq has it; `prefer` unless it is given, `verify-full` with `sslrootcert=system`',
  },
  sslrootcert: {
    ...somePath,
    does: 'authorities that the server has to be certified by, PEM; `system` for those of this machine',
    allowed: 'a file, or system',
  },
  sslcert: { ...somePath, does: "the client's certificate, PEM", allowed: 'a file' },
  sslkey: { ...somePath, does: "the client's private key, PEM", allowed: 'a file' },
  sslpassword: { ...someText, does: 'password of that key', secret: true },
  channel_binding: {
    ...word('disable', 'prefer'),
    does: 'whether the login is bound to the encrypted channel where the server can do so',
  },
  host: { ...someText, does: 'servers with commas, or the folder of a Unix socket, instead of the one in the URL' },
  hostaddr: {
    ...someText,
    does: 'addresses to connect to, with commas; the names in the URL are then what certificates are checked against',
    allowed: 'IP addresses',
  },
  port: { ...someText, does: 'ports with commas, one for each host or one for all', allowed: 'port numbers' },
  user: { ...someText, does: 'the user, instead of the one in the URL' },
  password: { ...someText, does: 'the password, instead of the one in the URL', secret: true },
  dbname: { ...someText, does: 'the database, instead of the one in the URL' },
  target_session_attrs: {
    ...word(...sessionAttributes),
    does: 'which of several servers will do: the first that is so',
  },
  connect_timeout: {
    ...wholeNumber(0, 'seconds, 0 for no limit'),
    does: 'how long connecting may take, 5 s unless it is given',
  },
  application_name: {
    ...someText,
    does: 'name by which the server knows the connection, `rushbench` unless it is given',
  },
  options: { ...someText, does: 'options of the server for the session, such as `-c%20work_mem=64MB`' },
  search_path: {
    ...someText,
    aliases: ['currentSchema'],
    does: 'schemas with commas: tables are made in the first, which has to be there',
    allowed: 'names of schemas',
  },
  prepared_statements: {
    ...word('named', 'unnamed'),
    does: 'whether statements stay prepared under a name; without it, where no pooler such as PgBouncer is in between',
  },
})

/** How a server is reached. */
export type Candidate = Pick<ClientConfig, 'host' | 'port' | 'ssl'>

/** One of the servers that a URL names. */
export interface PostgresServer {
  /** That its certificate is checked against. */
  readonly name: string
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[]
}

/** A URL of a PostgreSQL server, read. */
export interface PostgresUrl {
  /** Without its secrets. */
  readonly shown: string
  readonly servers: readonly PostgresServer[]
  /** The part of the server's certificate that is verified where the connection is encrypted. */
  readonly verification: Verification
  readonly target: SessionAttributes
  /** Null: as it fits what is in between. */
  readonly preparedStatements: 'named' | 'unnamed' | null
  /** Schemas that it asks for; null where it asks for none. */
  readonly schemas: readonly string[] | null
  /** The rest of what the driver is told. */
  readonly client: ClientConfig
}

/** Where a server listens unless the URL says otherwise. */
const defaultPort = 5432
const connectTimeoutSeconds = 5

/**
 * Reads a PostgreSQL URL, and the certificates that it names. Throws `url-unreadable`, `url-parameter-unknown`,
 * `url-parameter-wrong` and `certificate-unusable`.
 */
export function readPostgresUrl(url: string): PostgresUrl {
  const parts = readUrlParts(url)
  const { shown } = parts
  const values = readParameters(postgresParameters, parts.parameters, { shown, engine: 'PostgreSQL' })
  const database = values.dbname ?? parts.path.slice(1)
  if (database === '')
    throw failure('url-unreadable', { url: shown, reason: 'it names no database, as in postgres://host/bench' })
  const sslMode = values.sslmode ?? (values.sslrootcert === systemAuthorities ? 'verify-full' : 'prefer')
  const { material, verification } = readTls(sslMode, values, shown)
  const user = values.user ?? parts.user
  return {
    shown,
    servers: readPlaces(parts, values).map((place) => ({
      name: place.host,
      candidates: candidatesOf(place, sslMode, material, verification),
    })),
    verification,
    target: values.target_session_attrs ?? 'any',
    preparedStatements: values.prepared_statements ?? null,
    schemas: namedSchemas(values.search_path, values.options),
    client: {
      ...(user !== '' && { user }),
      password: values.password ?? parts.password,
      database,
      connectionTimeoutMillis: 1000 * (values.connect_timeout ?? connectTimeoutSeconds),
      application_name: values.application_name ?? 'rushbench',
      ...optionsOf(values),
      ...(values.channel_binding === 'prefer' && { enableChannelBinding: true }),
    },
  }
}

type Values = ParameterValues<typeof postgresParameters>

/** A space in a value would begin another option. */
function optionsOf({ options, search_path: path }: Values): { options?: string } {
  const ofPath = path === undefined ? [] : [`-c search_path=${path.replaceAll(/[\\\s]/g, String.raw`\$&`)}`]
  const all = [...(options === undefined ? [] : [options]), ...ofPath]
  return all.length === 0 ? {} : { options: all.join(' ') }
}

const tlsNames = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey', passphrase: 'sslpassword' } as const

/** Parameters that mean nothing where the connection is not encrypted. */
export const tlsParameters = Object.values(tlsNames)

function readTls(
  sslMode: (typeof sslModes)[number],
  values: Values,
  shown: string,
): { material: TlsMaterial; verification: Verification } {
  const { sslrootcert } = values
  const refuse = (allowed: string) => wrongParameter(shown, 'sslmode', sslMode, allowed)
  const unused = tlsParameters.find((name) => values[name] !== undefined)
  if (sslMode === 'disable' && unused !== undefined) {
    throw refuse(`disable without ${unused}, or another one: with it nothing is encrypted`)
  }
  const usual = '~/.postgresql/root.crt'
  const verifies = sslMode === 'verify-ca' || sslMode === 'verify-full'
  const root = sslrootcert ?? (verifies && existsSync(expandHome(usual)) ? usual : undefined)
  if (verifies && root === undefined) {
    throw refuse(`${sslMode} with sslrootcert=FILE, with sslrootcert=system, or with a file ${usual}`)
  }
  if (sslrootcert === systemAuthorities && sslMode !== 'verify-full') {
    throw refuse('verify-full with sslrootcert=system, since anybody can have a certificate of those')
  }
  const material = readTlsFiles(tlsNames, { ...values, sslrootcert: root }, shown)
  if (sslMode === 'verify-full') return { material, verification: 'authority and host' }
  // As libpq does: a URL that names authorities and asks for encryption wants it to be by them.
  const byAuthority = sslMode === 'verify-ca' || (sslMode === 'require' && root !== undefined)
  return { material, verification: byAuthority ? 'authority' : 'none' }
}

interface Server extends Place {
  /** To connect to instead of the host. */
  readonly address: string | undefined
}

function readPlaces({ shown, hosts }: UrlParts, { host, hostaddr, port }: Values): Server[] {
  const places = host === undefined ? hosts : host.split(',').map((name) => ({ host: name.trim(), port: null }))
  const tooMany = whyTooMany(places.length)
  if (tooMany !== null) throw failure('url-unreadable', { url: shown, reason: tooMany })
  const ports = port?.split(',') ?? []
  const addresses = hostaddr?.split(',') ?? []
  if (ports.some((text) => !/^\d{1,5}$/.test(text) || Number(text) > 65_535) || ports.length > places.length) {
    throw wrongParameter(
      shown,
      'port',
      port ?? '',
      'ports from 0 to 65535 with commas, one for all hosts or one for each',
    )
  }
  if (addresses.some((text) => isIP(text) === 0) || (addresses.length > 0 && addresses.length !== places.length)) {
    throw wrongParameter(shown, 'hostaddr', hostaddr ?? '', 'IP addresses with commas, one for each host')
  }
  if (places.some((place) => !place.host.startsWith('/') && !/^[\p{L}\p{N}._:%-]*$/u.test(place.host))) {
    throw wrongParameter(shown, 'host', host ?? '', 'names, addresses, or the folder of a socket, with commas')
  }
  const inAuthority = hosts.length === 1 ? hosts[0]?.port : null
  return places.map((place, index) => ({
    host: place.host || 'localhost',
    port: Number(ports[ports.length === 1 ? 0 : index] ?? place.port ?? inAuthority ?? defaultPort),
    address: addresses[index],
  }))
}

/** Encrypted first or in plain text first, as libpq tries them; a Unix socket is not encrypted. */
function candidatesOf(
  { host, port, address }: Server,
  sslMode: (typeof sslModes)[number],
  material: TlsMaterial,
  verification: Verification,
): Candidate[] {
  const place = { host: address ?? host, port: port ?? defaultPort }
  if (place.host.startsWith('/')) return [{ ...place, ssl: false }]
  const plain = { ...place, ssl: false }
  const encrypted = { ...place, ssl: tlsOptions(material, verification, host) }
  const candidates = { disable: [plain], allow: [plain, encrypted], prefer: [encrypted, plain] }
  return Object.hasOwn(candidates, sslMode) ? candidates[sslMode as keyof typeof candidates] : [encrypted]
}
