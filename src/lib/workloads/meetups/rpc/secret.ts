import { Metadata, ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js'
import { isSameSecret } from '../../shared/same-secret.ts'

const header = 'authorization'

/** gRPC's own health check, which says nothing about anybody, is for whoever supervises the process. */
const openPath = '/grpc.health.v1.Health/'

/** What a call carries that comes from another part of the same workload. */
export function secretMetadata(secret: string): Metadata {
  const metadata = new Metadata()
  metadata.set(header, `Bearer ${secret}`)
  return metadata
}

/** Refuses every call without the secret, before anything of it is read: that it is from this machine is no reason to trust it. */
export function requireSecret(secret: string): ServerInterceptor {
  return (method, call) => {
    if (method.path.startsWith(openPath)) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, goOn) {
            const [given] = metadata.get(header)
            if (typeof given === 'string' && isSameSecret(given, `Bearer ${secret}`)) return goOn(metadata)
            const details = 'The call does not carry the secret of this workload'
            call.sendStatus({ code: status.UNAUTHENTICATED, details, metadata: null })
          },
        }),
    })
  }
}
