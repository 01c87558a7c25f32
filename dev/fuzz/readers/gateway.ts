import type { Reader } from '../reader.ts'

export const gatewayReaders: readonly Reader[] = []
