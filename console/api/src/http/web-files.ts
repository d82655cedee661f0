import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Names that the build derives from the content: what is under one never changes. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+(?:\.gz)?$/;
const YEAR_S = 31_536_000;

/** Serves the built web; files below the folder and nothing else. */
export async function serveWeb(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await app.register(fastifyStatic, {
    root: folder,
    dotfiles: 'ignore',
    index: ['index.html'],
    cacheControl: false,
    // The build puts a compressed copy beside what is worth it. Nothing in these files is secret.
    preCompressed: true,
    // Files of an image have no time of their own: by time and length one release's page would pass for the next one's.
    etag: false,
    lastModified: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', HASHED.test(path) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
    },
  });
}
