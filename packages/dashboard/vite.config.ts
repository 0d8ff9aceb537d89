import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** Where `vite dev` finds the gateway. */
const gateway = process.env['BACKEND2_GATEWAY'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [react()],
  // The workspace's packages are read as source, so that a build needs no other build before it.
  resolve: { conditions: ['@backend2/source', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    // Inlined files would be data: URLs, which the gateway's content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: {
    proxy: { '/api': gateway, '/health': gateway },
  },
});
