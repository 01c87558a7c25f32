import { ChannelCredentials, type ChannelOptions, ServerCredentials } from '@grpc/grpc-js'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { failure, reasonOf } from '../../../base/errors/errors.ts'

/** Files, as PEM, by which the parts recognize each other: `mutual` asks callers for a certificate, too. */
export interface TlsOptions {
  readonly serviceTls?: 'none' | 'server' | 'mutual'
  readonly serviceCert?: string | undefined
  readonly serviceKey?: string | undefined
  /** Certificate of the authority that has signed the others; those that Node knows unless given. */
  readonly serviceCa?: string | undefined
}

/** Credentials of both sides of a connection; none without TLS. */
export interface TlsCredentials {
  readonly server?: ServerCredentials
  readonly client?: ClientTls
}

/** Returns what a caller of `host` needs. */
export type ClientTls = (host: string) => {
  readonly credentials: ChannelCredentials
  readonly options?: ChannelOptions
}

const flags = { serviceCert: '--service-cert', serviceKey: '--service-key', serviceCa: '--service-ca' } as const

type FileName = keyof typeof flags

const fileNames = Object.keys(flags) as FileName[]

/** Reads the files that a process needs which serves others, or only calls them. Throws `service-tls-unusable`. */
export async function readTls(options: TlsOptions, serves: boolean): Promise<TlsCredentials> {
  const { serviceTls = 'none' } = options
  if (serviceTls === 'none') return {}
  const isMutual = serviceTls === 'mutual'
  const needed: FileName[] = []
  if (serves || isMutual) needed.push('serviceCert', 'serviceKey')
  if (isMutual) needed.push('serviceCa')
  const missing = needed.filter((name) => options[name] === undefined).map((name) => flags[name])
  if (missing.length > 0) throw unusable([`--service-tls ${serviceTls}`], `it needs ${missing.join(' and ')}`)
  const [cert = null, key = null, ca = null] = await Promise.all(fileNames.map((name) => readPem(name, options[name])))
  const identity = cert && key ? { cert, key } : undefined
  requireUsable({ serviceCert: cert, serviceKey: key, serviceCa: ca })
  return {
    ...(identity && {
      server: ServerCredentials.createSsl(
        ca ?? null,
        [{ private_key: identity.key, cert_chain: identity.cert }],
        isMutual,
      ),
    }),
    client: createClientTls(ca, isMutual ? key : null, isMutual ? cert : null),
  }
}

function createClientTls(ca: Buffer | null, key: Buffer | null, cert: Buffer | null): ClientTls {
  return (host) => {
    if (isIP(host) === 0) return { credentials: ChannelCredentials.createSsl(ca, key, cert) }
    // TLS asks for a server by a name, never by an address, which the certificate is held against all the same.
    const verify = { checkServerIdentity: (_name: string, peer: PeerCertificate) => checkServerIdentity(host, peer) }
    return {
      credentials: ChannelCredentials.createSsl(ca, key, cert, verify),
      options: { 'grpc.ssl_target_name_override': 'rushbench' },
    }
  }
}

async function readPem(name: FileName, path: string | undefined): Promise<Buffer | null> {
  if (path === undefined) return null
  try {
    return await readFile(path)
  } catch (error) {
    throw unusable([`${flags[name]} ${path}`], reasonOf(error), error)
  }
}

/** Says at the start what else only the first connection would, and not in words for people. */
function requireUsable(files: Readonly<Record<FileName, Buffer | null>>): void {
  const readers: Readonly<Record<FileName, (pem: Buffer) => unknown>> = {
    serviceCert: (pem) => new X509Certificate(pem),
    serviceKey: createPrivateKey,
    serviceCa: (pem) => new X509Certificate(pem),
  }
  for (const name of fileNames) {
    try {
      if (files[name]) readers[name](files[name])
    } catch (error) {
      throw unusable([flags[name]], 'it is no PEM file that can be read', error)
    }
  }
  const { serviceCert, serviceKey } = files
  if (!serviceCert || !serviceKey) return
  if (!new X509Certificate(serviceCert).checkPrivateKey(createPrivateKey(serviceKey))) {
    throw unusable([flags.serviceCert, flags.serviceKey], 'the key is not that of the certificate')
  }
}

function unusable(settings: readonly string[], reason: string, cause?: unknown) {
  return failure('service-tls-unusable', { settings, reason }, cause)
}
