import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
