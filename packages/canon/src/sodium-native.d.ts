// The part of sodium-native that is used here; the package brings no types.
declare module 'sodium-native' {
  const sodium: {
    /** @throws Error for a signature or key of another length. */
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  };
  export default sodium;
}
