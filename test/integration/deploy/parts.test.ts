import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import {
  buildManifests,
  findProblems,
  hasManifestTools,
  podsOf,
  whyUnreachable,
  type Manifest,
} from '../../support/manifests.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const hasTools = await hasManifestTools()
const read = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS() as Manifest)
const parts = ['user', 'post', 'chat', 'image', 'saga', 'relay'].map((name) => `rushbench-${name}`)

/** Services of the protobuf files, with their packages. */
async function serviceNames(): Promise<string[]> {
  const texts = await Promise.all(
    (await readdir(join(root, 'proto/meetups'))).map((file) => readFile(join(root, 'proto/meetups', file), 'utf8')),
  )
  return texts.flatMap((text) => [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => `rushbench.meetups.${name}`))
}

describe.skipIf(!hasTools).each(['local', 'cloud'])('the parts of meetups in deploy/overlays/%s', async (name) => {
  const manifests = hasTools ? read(await buildManifests(join(root, 'deploy/overlays', name, 'meetups-parts'))) : []
  const pods = podsOf(manifests)

  it('lets parts call those that they have to, at ports that they have, and is asked for their health there', async () => {
    const configMap = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'rushbench-parts',
    )!
    const calls = { api: ['user', 'post', 'chat', 'image', 'saga'], saga: ['post', 'chat', 'image'] }
    const { values } = await resolveConfig({
      flags: {},
      env: configMap.data!,
      cwd: join(root, 'deploy'),
    })
    const addresses = new Map(values.serviceAddresses?.map((entry) => entry.split('=') as [string, string]))
    for (const [caller, called] of Object.entries(calls)) {
      const { labels } = pods.find((pod) => pod.name === `rushbench-${caller}`)!
      for (const part of called) {
        const [host, port] = addresses.get(part)!.split(':') as [string, string]
        expect([part, host, whyUnreachable(manifests, labels, host, Number(port))]).toEqual([
          part,
          `rushbench-${part}`,
          null,
        ])
        // Nothing stands between a Service without an address of its own and the pods.
        const { containers } = pods.find((pod) => pod.name === host)!
        expect(containers.at(-1)!.ports![0]).toEqual({ name: 'grpc', containerPort: Number(port) })
        expect(whyUnreachable(manifests, { 'app.kubernetes.io/name': 'rushbench-worker' }, host, Number(port))).toMatch(
          /do not allow/,
        )
      }
    }
    const services = await serviceNames()
    for (const part of parts) {
      const { args, livenessProbe, readinessProbe } = pods.find((pod) => pod.name === part)!.containers.at(-1)!
      const port = Number(/--service-health-port=(\d+)/.exec(args!.join(' '))![1])
      expect(livenessProbe).toMatchObject({ grpc: { port } })
      const service = services.find(
        (full) => `rushbench-${full.split('.').at(-1)!.replace('Service', '').toLowerCase()}` === part,
      )
      expect([part, readinessProbe]).toMatchObject([part, { grpc: { port, service: service ?? '' } }])
    }
  })
})

describe.skipIf(!hasTools)('deploy/certificates.sh', () => {
  it('makes a certificate for the names of parts, signed by the authority beside it', async () => {
    const { stdout } = await promisify(execFile)(join(root, 'deploy/certificates.sh'), ['localhost'])
    expect(await findProblems(stdout)).toEqual([])
    const files = read(stdout)[0]!.stringData!
    const [ca, cert] = [files['ca.crt']!, files['tls.crt']!].map((pem) => new X509Certificate(pem)) as [
      X509Certificate,
      X509Certificate,
    ]
    expect(cert.checkIssued(ca) && cert.verify(ca.publicKey)).toBe(true)
    expect(cert.checkPrivateKey(createPrivateKey(files['tls.key']!))).toBe(true)
    for (const name of ['rushbench-user', 'rushbench-saga', 'localhost']) expect(cert.checkHost(name)).toBe(name)
    expect([ca.ca, cert.ca, cert.checkHost('rushbench-api')]).toEqual([true, false, undefined])
  })
})
