export { type MerklePath, merklePath, merkleRoot, rootOfMerklePath, verifyMerklePath } from '@civitas/canon';
