import { failure } from '../../../base/errors/errors.ts'
import { readCertificates, readPem } from '../tls.ts'
import {
  expandHome,
  parameterTable,
  readParameters,
  someText,
  word,
  wrongParameter,
  type Parameter,
  type ParameterValues,
} from '../url-parameters.ts'
import { readUrlParts, type Place } from '../url-parts.ts'
import type { Verification } from '../../../ports/database-facts.ts'

/** Handed to the driver as it is written, which says what is wrong with it. */
const driven = (does: string, allowed = 'as the driver reads it'): Parameter<string> => ({ ...someText, does, allowed })

/** Those that need no module beside the driver. */
const compressors = ['none', 'zlib']

/**
 * Parameters of a MongoDB URL: the driver's own
 * (https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/).
 */
export const mongoParameters = parameterTable({
  tls: { ...driven('whether the connection is encrypted; it is with `mongodb+srv:`', 'true, false'), aliases: ['ssl'] },
  tlsCAFile: driven('authorities that the server has to be certified by, PEM', 'a file'),
  tlsCertificateKeyFile: driven("the client's certificate and private key, PEM", 'a file'),
  tlsCertificateKeyFilePassword: { ...driven('password of that key', 'a text'), secret: true },
  tlsCRLFile: driven('certificates that were taken back, PEM', 'a file'),
  tlsAllowInvalidCertificates: driven('whether any certificate will do', 'true, false'),
  tlsAllowInvalidHostnames: driven('whether the certificate may be for another host', 'true, false'),
  tlsInsecure: driven('both of these', 'true, false'),
  authSource: driven('database that knows the user'),
  authMechanism: driven('how the user logs in'),
  authMechanismProperties: driven('more of that'),
  replicaSet: driven('name of the replica set'),
  directConnection: driven('whether the one host is used as it is, whatever it belongs to', 'true, false'),
  loadBalanced: driven('whether a load balancer is in between', 'true, false'),
  srvMaxHosts: driven('of the hosts that DNS names, at most so many are used'),
  srvServiceName: driven('name of the service in DNS'),
  readPreference: {
    ...word('primary'),
    does: 'which servers are read from: others may be behind, and a booking, a seeding or an audit would go by rows of a while ago',
  },
  readConcernLevel: driven('what a read waits for'),
  w: driven('servers that a write waits for; `majority` unless it is given, never 0'),
  journal: { ...driven('whether it waits for the journal', 'true, false'), aliases: ['j'] },
  wtimeoutMS: { ...driven('for how long'), aliases: ['wtimeout'] },
  retryReads: driven('whether the driver reads again after an error', 'true, false'),
  retryWrites: driven('whether it writes again', 'true, false'),
  connectTimeoutMS: driven('how long connecting may take, 5000 ms unless it is given'),
  serverSelectionTimeoutMS: driven('how long a server may be looked for, 5000 ms unless it is given'),
  socketTimeoutMS: driven('how long a socket may be silent'),
  waitQueueTimeoutMS: driven('how long a connection of the pool may be waited for'),
  maxPoolSize: driven('connections at most, instead of what the command needs'),
  minPoolSize: driven('connections at least'),
  maxConnecting: driven('connections that are opened at the same time'),
  maxIdleTimeMS: driven('how long one may be idle'),
  localThresholdMS: driven('how much slower than the nearest a server may be'),
  heartbeatFrequencyMS: driven('how often servers are looked at'),
  serverMonitoringMode: driven('how they are'),
  compressors: {
    does: 'how messages are compressed',
    allowed: compressors.join(', '),
    read: (text: string) => (text.split(',').every((name) => compressors.includes(name)) ? text : undefined),
  },
  zlibCompressionLevel: driven('how hard'),
  appName: driven('name by which the server knows the connection, `rushbench` unless it is given'),
  proxyHost: driven('SOCKS5 proxy'),
  proxyPort: driven('its port'),
  proxyUsername: driven('its user'),
  proxyPassword: { ...driven('its password', 'a text'), secret: true },
})

/** A URL of a MongoDB server or a set of them, read. */
export interface MongoUrl {
  /** Without its secrets. */
  readonly shown: string
  readonly database: string
  readonly hosts: readonly Place[]
  /** Parameters that the URL has, by their names here. */
  readonly given: ReadonlySet<string>
  readonly isEncrypted: boolean
  /** The part of the server's certificate that is verified where the connection is encrypted. */
  readonly verification: Verification
  /** Files whose `~/` the driver would not understand, by the parameter that names them. */
  readonly files: Readonly<Partial<Record<(typeof fileParameters)[number], string>>>
}

const fileParameters = ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'] as const

/**
 * Looks at a MongoDB URL and at the files that it names, before the driver reads it. Throws `url-unreadable`,
 * `url-parameter-unknown`, `url-parameter-wrong` and `certificate-unusable`.
 */
export function readMongoUrl(url: string): MongoUrl {
  const { shown, scheme, hosts, path, parameters } = readUrlParts(url)
  const values = readParameters(mongoParameters, parameters, { shown, engine: 'MongoDB' })
  const named = fileParameters.flatMap((parameter) => {
    const file = values[parameter]
    return file === undefined ? [] : [{ parameter, path: file }]
  })
  for (const file of named) {
    if (file.parameter === 'tlsCRLFile') readPem(file, shown)
    else readCertificates(file, shown)
  }
  const database = path.slice(1)
  if (database === '')
    throw failure('url-unreadable', { url: shown, reason: 'it names no database, as in mongodb://host/bench' })
  const isEncrypted = values.tls === undefined ? scheme === 'mongodb+srv' : values.tls === 'true'
  const unused = Object.keys(values).find((name) => name !== 'tls' && name.startsWith('tls'))
  // The driver would leave it aside, and connect in plain text.
  if (!isEncrypted && unused !== undefined) {
    throw wrongParameter(shown, unused, null, 'it with tls=true')
  }
  return {
    shown,
    database,
    hosts,
    given: new Set(Object.keys(values)),
    isEncrypted,
    verification: verificationOf(values),
    files: Object.fromEntries(named.map(({ parameter, path: file }) => [parameter, expandHome(file)])),
  }
}

function verificationOf(values: ParameterValues<typeof mongoParameters>): Verification {
  if (values.tlsInsecure === 'true' || values.tlsAllowInvalidCertificates === 'true') return 'none'
  return values.tlsAllowInvalidHostnames === 'true' ? 'authority' : 'authority and host'
}
