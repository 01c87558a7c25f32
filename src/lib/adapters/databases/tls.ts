import { readFileSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
  TLSSocket,
  type ConnectionOptions,
} from 'node:tls'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { ConnectionFacts, Verification } from '../../ports/database-facts.ts'
import { expandHome } from './url-parameters.ts'

/** A client's identity and the authorities it trusts: the contents of the files that a URL names, as PEM. */
export interface TlsMaterial {
  readonly ca?: string | string[]
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
}

/** A file and the parameter that names it. */
interface NamedFile {
  readonly parameter: string
  readonly path: string
}

/** Instead of a file of certificates: those that this machine and Node trust. */
export const systemAuthorities = 'system'

/**
 * Reads the certificates and the key that the `values` of a URL's parameters name, and tries them out, so that what is wrong
 * with them is said before anything is connected to; `names` has the names of these parameters. Throws `certificate-unusable`.
 */
export function readTlsFiles<Name extends string>(
  names: Readonly<Record<keyof TlsMaterial, Name>>,
  values: { readonly [N in Name]?: string | undefined },
  shown: string,
): TlsMaterial {
  const [ca, cert, key] = [names.ca, names.cert, names.key].map((parameter): NamedFile | undefined => {
    const path = values[parameter]
    return path === undefined ? undefined : { parameter, path }
  })
  const passphrase = values[names.passphrase]
  if (cert && !key) throw lacks(cert, 'it needs its private key beside it', shown)
  if (key && !cert) throw lacks(key, 'it needs its certificate beside it', shown)
  const material: TlsMaterial = {
    ...(ca && { ca: ca.path === systemAuthorities ? knownAuthorities() : readCertificates(ca, shown) }),
    ...(cert && { cert: readCertificates(cert, shown) }),
    ...(key && { key: readPem(key, shown) }),
    ...(key && passphrase !== undefined && { passphrase }),
  }
  tryOut({ ca: material.ca }, ca, shown)
  tryOut({ cert: material.cert }, cert, shown)
  tryOut({ ...material, ca: undefined }, key, shown)
  return material
}

function knownAuthorities(): string[] {
  return [...new Set([...getCACertificates('system'), ...getCACertificates('default')])]
}

/** Throws `certificate-unusable` for a file that cannot be read. */
export function readPem({ parameter, path }: NamedFile, shown: string): string {
  const file = expandHome(path)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw failure('certificate-unusable', { url: shown, parameter, file, reason: reasonOf(error) }, error)
  }
  // OpenSSL takes a file without any for one that trusts nobody.
  if (!text.includes('-----BEGIN ')) throw lacks({ parameter, path }, 'it holds nothing in PEM form', shown)
  return text
}

/** Throws `certificate-unusable` for a file without any certificate, such as one of a key, which OpenSSL takes for nobody. */
export function readCertificates(file: NamedFile, shown: string): string {
  const text = readPem(file, shown)
  if (!/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text)) throw lacks(file, 'it holds no certificate', shown)
  return text
}

function tryOut(material: ConnectionOptions, file: NamedFile | undefined, shown: string): void {
  if (!file) return
  try {
    createSecureContext(material)
  } catch (error) {
    throw failure(
      'certificate-unusable',
      { url: shown, parameter: file.parameter, file: expandHome(file.path), reason: reasonOf(error) },
      error,
    )
  }
}

function lacks({ parameter, path }: NamedFile, reason: string, shown: string): Error {
  return failure('certificate-unusable', { url: shown, parameter, file: expandHome(path), reason })
}

/** TLS to `host` for Node, with a certificate that is looked at as far as `verification` says. */
export function tlsOptions(material: TlsMaterial, verification: Verification, host: string): ConnectionOptions {
  return {
    ...material,
    rejectUnauthorized: verification !== 'none',
    ...(isIP(host) === 0 && { servername: host }),
    // Node would check it against the address that was connected to, which is another one behind a proxy.
    checkServerIdentity: (_name, certificate) =>
      verification === 'authority and host' ? checkServerIdentity(host, certificate) : undefined,
  }
}

/** Describes a connection by its socket. */
export function factsOf(socket: Socket, verification: Verification): ConnectionFacts {
  if (!(socket instanceof TLSSocket)) {
    return { transport: socket.remoteAddress === undefined ? 'unix socket' : 'tcp', encrypted: false }
  }
  const protocol = socket.getProtocol()
  return { transport: 'tcp', encrypted: true, ...(protocol && { protocol }), verified: verification }
}

/** OpenSSL's and Node's codes for a handshake that failed. */
const tlsFault = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|EPROTO$)/

/** OpenSSL's words for a response that is not TLS, by the versions of Node. */
const plainAnswer = /wrong version number|packet length too long|unexpected message|http request|record layer failure/i

/** Why a connection failed, in words that say so where TLS was answered with something else. */
export function reasonOfTls(error: unknown): string {
  const reason = reasonOf(error)
  return plainAnswer.test(reason) ? `the server does not speak TLS (${reason})` : reason
}

/** Whether it was TLS that failed: there is no encrypted connection of the kind that was asked for. */
export function isTlsFault(error: unknown): boolean {
  return tlsFault.test((error as { code?: string } | null)?.code ?? '')
}
