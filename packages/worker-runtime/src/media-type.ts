import { storedArtifactSchema } from '@backend2/contracts';

const { contentType: kept } = storedArtifactSchema.shape;
const essence = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;
/** What may stand in a header, by which stores are told it and callers get it. */
const printable = /^[ -~]*$/;

/**
 * What a result may say of a file, of what a handler or a server said: without parameters where they are too long or no
 * header could carry them, and bytes of no type where it is no media type. Work that was done is not to fail, and be done
 * again, for its label.
 */
export const mediaTypeOf = (said: string): string => {
  const [type = ''] = said.split(';');
  const bare = type.trim().toLowerCase();
  if (!essence.test(bare) || !kept.safeParse(bare).success) return 'application/octet-stream';
  return printable.test(said) && kept.safeParse(said).success ? said : bare;
};
