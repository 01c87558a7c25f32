import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and a certificate signed with it, as PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate for 127.0.0.1 and localhost, or for another host. Needs the program openssl. */
export function createCertificate(names = 'IP:127.0.0.1,DNS:localhost'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'rushbench-certificate-'))
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'cert.pem')
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-days', '2', '-subj', '/CN=rushbench test', '-addext', `subjectAltName=${names}`]
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Files, as PEM, of an authority and of what it has certified. */
export interface Authority extends Disposable {
  /** That everybody may enter and write in. */
  readonly folder: string
  readonly ca: string
  /** Certificate for 127.0.0.1 and localhost. */
  readonly server: Identity
  readonly client: Identity
  /** The key of `client`, with the password `keySecret`. */
  readonly lockedKey: string
  readonly keySecret: string
  /** Certifies another server, in the files of `server`. */
  certifyServer(names: string): void
}

interface Identity {
  readonly cert: string
  readonly key: string
}

/** Makes an authority whose server's key belongs to `account`, where this is root. Needs the program openssl. */
export function createAuthority(account: string): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'rushbench-authority-'))
  chmodSync(folder, 0o777)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const at = (name: string) => join(folder, name)
  const keySecret = 'KEYSECRET77'
  const made = (name: string, names: string, by: readonly string[]): Identity => {
    const identity = { cert: at(`${name}.pem`), key: at(`${name}-key.pem`) }
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = [
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      ...(names === '' ? [] : ['-addext', `subjectAltName=${names}`]),
    ]
    openssl('req', '-x509', ...by, ...curve, '-keyout', identity.key, '-out', identity.cert, ...subject)
    chmodSync(identity.cert, 0o644)
    chmodSync(identity.key, 0o600)
    return identity
  }
  const ca = made('authority', '', [])
  const byAuthority = ['-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=critical,CA:FALSE']
  const certifyServer = (names: string): Identity => {
    const server = made('server', names, byAuthority)
    if (process.getuid?.() === 0) execFileSync('chown', [account, server.key, server.cert])
    return server
  }
  const server = certifyServer('IP:127.0.0.1,DNS:localhost')
  const client = made('rushbench', '', byAuthority)
  const lockedKey = at('locked-key.pem')
  openssl('pkey', '-in', client.key, '-out', lockedKey, '-aes256', '-passout', `pass:${keySecret}`)
  return {
    folder,
    ca: ca.cert,
    server,
    client,
    lockedKey,
    keySecret,
    certifyServer: (names) => void certifyServer(names),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
