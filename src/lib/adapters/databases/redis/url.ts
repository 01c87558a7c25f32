import { homedir } from 'node:os'
import type { RedisClientOptions } from 'redis'
import { failure } from '../../../base/errors/errors.ts'
import { readTlsFiles, tlsOptions } from '../tls.ts'
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
import { redactUrl } from '../../../base/redact-url.ts'
import type { Verification } from '../../../ports/database-facts.ts'

/** Parameters of a Redis URL: the names of redis-cli's options, and of redis-py's parameters. */
export const redisParameters = parameterTable({
  cacert: {
    ...somePath,
    aliases: ['ssl_ca_certs'],
    does: '`rediss:` authorities that the server has to be certified by, PEM; those that Node trusts unless it is given',
    allowed: 'a file, or system',
  },
  cert: { ...somePath, aliases: ['ssl_certfile'], does: "`rediss:` the client's certificate, PEM", allowed: 'a file' },
  key: { ...somePath, aliases: ['ssl_keyfile'], does: "`rediss:` the client's private key, PEM", allowed: 'a file' },
  key_password: { ...someText, aliases: ['ssl_password'], does: '`rediss:` password of that key', secret: true },
  sni: { ...someText, does: '`rediss:` name that the certificate is checked against, instead of the host' },
  insecure: {
    ...word('true', 'false'),
    does: '`rediss:` whether any certificate will do: encrypted, but by nobody knows whom',
  },
  db: { ...wholeNumber(0, 'a number'), does: 'number of the database, where the path does not name it' },
  user: { ...someText, aliases: ['username'], does: 'the user, instead of the one in the URL' },
  password: { ...someText, does: 'the password, instead of the one in the URL', secret: true },
  client_name: {
    does: 'name by which the server knows the connection',
    allowed: 'a text without spaces, of ASCII',
    read: (text: string) => (/^[!-~]+$/.test(text) ? text : undefined),
  },
  connect_timeout: {
    ...wholeNumber(1, 'seconds, from 1'),
    does: 'how long connecting may take, 5 s unless it is given',
  },
})

/** A URL of a Redis server, read for the driver. */
export interface RedisUrl {
  /** Without its secrets. */
  readonly shown: string
  readonly options: Pick<RedisClientOptions, 'username' | 'password' | 'database' | 'name'>
  readonly socket: NonNullable<RedisClientOptions['socket']>
  /** Null where the connection is not encrypted. */
  readonly verification: Verification | null
  /** Name that the certificate is checked against. */
  readonly certifiedName: string
}

const defaultPort = 6379
const connectTimeoutSeconds = 5

/**
 * Reads `redis://`, `rediss://` and `unix:` URLs, and the certificates that they name. Throws `url-unreadable`,
 * `url-parameter-unknown`, `url-parameter-wrong` and `certificate-unusable`.
 */
export function readRedisUrl(url: string): RedisUrl {
  const parts = readUrlParts(withSocketPath(url))
  const { shown, scheme, hosts, path } = parts
  const isSocket = scheme === 'unix'
  const values = readParameters(redisParameters, parts.parameters, { shown, engine: 'Redis' })
  const database = isSocket ? undefined : path.slice(1)
  if (database !== undefined && !/^\d*$/.test(database)) {
    throw failure('url-unreadable', { url: shown, reason: 'databases of Redis are numbers, as in redis://host/3' })
  }
  if (database && values.db !== undefined && values.db !== Number(database)) {
    const allowed = `to be given once: the path already names the database ${database}`
    throw wrongParameter(shown, 'db', String(values.db), allowed)
  }
  const [place, ...others] = hosts
  if (others.length > 0) throw failure('url-unreadable', { url: shown, reason: 'a Redis URL names one host' })
  if (isSocket && (path === '' || place?.host !== ''))
    throw failure('url-unreadable', {
      url: shown,
      reason: 'it names no socket, as in unix:///run/redis/redis.sock or unix:~/redis.sock',
    })
  const host = place?.host || 'localhost'
  const where = isSocket ? { path } : { host, port: place?.port ?? defaultPort }
  const tls = readTls(scheme, values, { shown, host })
  const username = values.user ?? parts.user
  const password = values.password ?? parts.password
  return {
    shown,
    options: {
      ...(username !== '' && { username }),
      ...(password !== '' && { password }),
      database: database ? Number(database) : (values.db ?? 0),
      ...(values.client_name !== undefined && { name: values.client_name }),
    },
    socket: {
      ...where,
      ...tls?.options,
      connectTimeout: 1000 * (values.connect_timeout ?? connectTimeoutSeconds),
    } as RedisUrl['socket'],
    verification: tls?.verification ?? null,
    certifiedName: values.sni ?? host,
  }
}

/** As redis-py writes a socket, and as the scheme is written for files; `~/` is the home folder. Throws `url-unreadable`. */
function withSocketPath(url: string): string {
  if (/^unix:(?:\/\/)?~[^/?]/i.test(url)) {
    const reason = 'a ~ is the home folder only before a /, as in unix:~/redis.sock'
    throw failure('url-unreadable', { url: redactUrl(url), reason })
  }
  const [start] = /^unix:(?:\/\/)?(?=~\/)/i.exec(url) ?? []
  if (start === undefined) return url.replace(/^unix:(?!\/\/)/i, 'unix://')
  return `unix://${homedir().split('/').map(encodeURIComponent).join('/')}${url.slice(start.length + 1)}`
}

type Values = ParameterValues<typeof redisParameters>

const tlsNames = { ca: 'cacert', cert: 'cert', key: 'key', passphrase: 'key_password' } as const

function readTls(scheme: string, values: Values, { shown, host }: { readonly shown: string; readonly host: string }) {
  const ofTls = [...Object.values(tlsNames), 'sni', 'insecure'] as const
  if (scheme !== 'rediss') {
    const given = ofTls.find((name) => values[name] !== undefined)
    if (given === undefined) return null
    const value = given === 'key_password' ? null : (values[given] ?? '')
    throw wrongParameter(shown, given, value, 'it with rediss:, since what redis: and unix: send is not encrypted')
  }
  const material = readTlsFiles(tlsNames, values, shown)
  const verification: Verification = values.insecure === 'true' ? 'none' : 'authority and host'
  return { options: { tls: true, ...tlsOptions(material, verification, values.sni ?? host) }, verification }
}
