import { sealedAccessToken, sealedCredential } from './connections/connection-store.ts'
import { sealedCheckValue } from './vault/key-check.ts'
import type { SealedColumn } from './vault/sealed-columns.ts'
import { sealedStoredSecret } from './vault/stored-secret.ts'

/** Everything that is stored sealed; what is not in this list is neither verified nor sealed anew with a new key. */
export const sealedColumns: readonly SealedColumn[] = [
  sealedCredential,
  sealedStoredSecret,
  sealedAccessToken,
  sealedCheckValue,
]
