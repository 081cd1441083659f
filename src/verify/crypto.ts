/** The only file of the verifier that knows a cryptographic library. It runs in Node and in browsers. */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'

/** Domain separation tag of quicknet's signatures (RFC 9380). */
const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'

export function sha256(message: Uint8Array): Uint8Array {
  return nobleSha256(message)
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return nobleHmac(nobleSha256, key, message)
}

/** Checks an Ed25519 signature (RFC 8032). A malformed key or signature is false. */
export function isEd25519Signature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}

/**
 * Checks a BLS signature on G1 with a key on G2, as drand's scheme bls-unchained-g1-rfc9380 makes it. False for bytes
 * that are no canonical compressed point, for the point at infinity, and for points outside the subgroup.
 */
export function isBlsSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    const { shortSignatures, G1, G2 } = bls12_381
    const [point, key] = [G1.Point.fromBytes(signature), G2.Point.fromBytes(publicKey)]
    point.assertValidity()
    key.assertValidity()
    if (point.is0() || key.is0() || !point.isTorsionFree() || !key.isTorsionFree()) return false
    if (!point.toBytes(true).every((byte, i) => byte === signature[i])) return false
    return shortSignatures.verify(point, shortSignatures.hash(message, DST), key)
  } catch {
    return false
  }
}
