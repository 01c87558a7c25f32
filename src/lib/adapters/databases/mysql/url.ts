import { connect, isIP, type Socket } from 'node:net'
import driver, { type PoolOptions } from 'mysql2/promise'
import { failure } from '../../../base/errors/errors.ts'
import { readTlsFiles } from '../tls.ts'
import {
  parameterTable,
  readParameters,
  somePath,
  someText,
  wholeNumber,
  word,
  wrongParameter,
  type ParameterValues,
} from '../url-parameters.ts'
import { readUrlParts } from '../url-parts.ts'
import type { Verification } from '../../../ports/database-facts.ts'

const sslModes = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const

type SslMode = (typeof sslModes)[number]

/** Parameters of a MySQL URL: the names and meanings of MySQL's own clients. */
export const mysqlParameters = parameterTable({
  'ssl-mode': {
    ...word(...sslModes),
    aliases: ['sslMode', 'ssl_mode'],
    does: 'encryption; `PREFERRED` unless it is given, `VERIFY_CA` with `ssl-ca`',
  },
  'ssl-ca': {
    ...somePath,
    aliases: ['sslCa', 'ssl_ca'],
    does: 'authorities that the server has to be certified by, PEM; `system` for those of this machine',
    allowed: 'a file, or system',
  },
  'ssl-cert': {
    ...somePath,
    aliases: ['sslCert', 'ssl_cert'],
    does: "the client's certificate, PEM",
    allowed: 'a file',
  },
  'ssl-key': { ...somePath, aliases: ['sslKey', 'ssl_key'], does: "the client's private key, PEM", allowed: 'a file' },
  'ssl-key-password': { ...someText, does: 'password of that key', secret: true },
  socketPath: {
    ...somePath,
    aliases: ['socket'],
    does: "the server's Unix socket, instead of host and port",
    allowed: 'a file',
  },
  charset: {
    does: 'character set and collation of the session; every text has to fit in, so that it is `utf8mb4` or one of its own',
    allowed: 'utf8mb4, or a collation of it',
    read: (text) => (/^utf8mb4(_|$)/i.test(text) && text.toUpperCase() in driver.Charsets ? text : undefined),
  },
  connectTimeout: {
    ...wholeNumber(1, 'milliseconds, from 1'),
    does: 'how long connecting may take, 5000 ms unless it is given',
  },
})

/** A URL of a MySQL server, read. */
export interface MysqlUrl {
  /** Without its secrets. */
  readonly shown: string
  readonly database: string
  /** Encrypted or in plain text, in the order in which they are to be tried. */
  readonly candidates: readonly PoolOptions[]
  /** The part of the server's certificate that is verified where the connection is encrypted. */
  readonly verification: Verification
}

/** Where a server listens unless the URL says otherwise. */
const defaultPort = 3306
const connectTimeoutMs = 5000

/**
 * Reads a MySQL URL, and the certificates that it names. Throws `url-unreadable`, `url-parameter-unknown`,
 * `url-parameter-wrong` and `certificate-unusable`.
 */
export function readMysqlUrl(url: string): MysqlUrl {
  const { shown, hosts, user, password, path, parameters } = readUrlParts(url)
  const values = readParameters(mysqlParameters, parameters, { shown, engine: 'MySQL' })
  const database = path.slice(1)
  const [place, ...others] = hosts
  if (others.length > 0) throw failure('url-unreadable', { url: shown, reason: 'a MySQL URL names one host' })
  if (database === '')
    throw failure('url-unreadable', { url: shown, reason: 'it names no database, as in mysql://host/bench' })
  const socketPath = values.socketPath ?? (place?.host.startsWith('/') ? place.host : undefined)
  const host = place?.host || 'localhost'
  const mode = modeOf(values, socketPath !== undefined)
  const { ssl, verification } = readTls(mode, values, { shown, isSocket: socketPath !== undefined })
  const common: PoolOptions = {
    ...(socketPath === undefined ? reach(host, place?.port ?? defaultPort, verification) : { socketPath }),
    user,
    password,
    database,
    charset: values.charset ?? 'utf8mb4',
    connectTimeout: values.connectTimeout ?? connectTimeoutMs,
  }
  const encrypted = { ...common, ssl }
  const candidates = { DISABLED: [common], PREFERRED: [encrypted, common] }
  return {
    shown,
    database,
    candidates: Object.hasOwn(candidates, mode) ? candidates[mode as keyof typeof candidates] : [encrypted],
    verification,
  }
}

/** Parameters that mean nothing where the connection is not encrypted. */
const tlsNames = { ca: 'ssl-ca', cert: 'ssl-cert', key: 'ssl-key', passphrase: 'ssl-key-password' } as const
const ofTls = Object.values(tlsNames)

/** Every name of every parameter that says how the connection is encrypted. */
export const tlsParameterNames: readonly string[] = (['ssl-mode', ...ofTls] as const).flatMap((name) => [
  name,
  ...((mysqlParameters[name] as { readonly aliases?: readonly string[] }).aliases ?? []),
])

/** How the driver gets to a host, whose certificate is checked against its name or its address. */
function reach(host: string, port: number, verification: Verification): PoolOptions {
  if (isIP(host) === 0 || verification !== 'authority and host') return { host, port }
  return { host, port, stream: () => openTo(host, port) }
}

/**
 * A connection that knows which address it leads to. The driver names none when it begins to encrypt, and Node then takes the
 * one of the socket, which has it only where a name was looked up; with none it would be localhost, and the certificate refused.
 */
function openTo(host: string, port: number): Socket {
  return Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), { _host: host })
}

type Values = ParameterValues<typeof mysqlParameters>

/** As mysql does: a socket needs no encryption, and a URL that names authorities wants them to be asked. */
function modeOf(values: Values, isSocket: boolean): SslMode {
  const mode = values['ssl-mode'] ?? (values['ssl-ca'] === undefined ? 'PREFERRED' : 'VERIFY_CA')
  return isSocket && mode === 'PREFERRED' ? 'DISABLED' : mode
}

interface Server {
  readonly shown: string
  readonly isSocket: boolean
}

function readTls(
  mode: SslMode,
  values: Values,
  { shown, isSocket }: Server,
): { ssl: NonNullable<Exclude<PoolOptions['ssl'], string>>; verification: Verification } {
  const verifies = mode === 'VERIFY_CA' || mode === 'VERIFY_IDENTITY'
  const unused = ofTls.find((name) => values[name] !== undefined)
  const refuse = (allowed: string) => wrongParameter(shown, 'ssl-mode', mode, allowed)
  if (values['ssl-mode'] === 'DISABLED' && unused !== undefined) {
    throw refuse(`DISABLED without ${unused}, or another one: with it nothing is encrypted`)
  }
  if (verifies && values['ssl-ca'] === undefined) throw refuse(`${mode} with ssl-ca=FILE or ssl-ca=system`)
  if (mode === 'VERIFY_IDENTITY' && isSocket)
    throw refuse('VERIFY_IDENTITY where the URL has a host, VERIFY_CA where it has a socket')
  const material = readTlsFiles(tlsNames, values, shown)
  return {
    ssl: { ...material, rejectUnauthorized: verifies, verifyIdentity: mode === 'VERIFY_IDENTITY' },
    verification: mode === 'VERIFY_IDENTITY' ? 'authority and host' : verifies ? 'authority' : 'none',
  }
}
