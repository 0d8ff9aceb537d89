import type { ReactNode } from 'react';

const paths = {
  plus: <path d="M8 3v10M3 8h10" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  left: <path d="M10 3 5 8l5 5" />,
  right: <path d="m6 3 5 5-5 5" />,
  down: <path d="m3 6 5 5 5-5" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>
  ),
  pause: <path d="M5.5 3.5v9m5-9v9" />,
  play: <path d="M5 3.2v9.6L12.5 8z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  retry: <path d="M12.8 8a4.8 4.8 0 1 1-1.5-3.5M12.8 2.6v2.6h-2.6" />,
  download: <path d="M8 2.5v7.6M4.8 7 8 10.2 11.2 7M3 13.2h10" />,
  compare: <path d="M8 2v12M2.5 4.5H6v7H2.5zM10 4.5h3.5v7H10z" />,
  swap: <path d="M3 5.5h9.5M10 3l2.5 2.5L10 8M13 10.5H3.5M6 8l-2.5 2.5L6 13" />,
  up: (
    <path d="M5 7.2v6.3H3V7.2zM5 7.2 7.6 2c1 0 1.7.7 1.7 1.7v2.5h3.2c.8 0 1.3.7 1.2 1.4l-.9 4.7c-.1.7-.7 1.2-1.4 1.2H5" />
  ),
  thumbDown: (
    <path d="M11 8.8V2.5h2v6.3zM11 8.8 8.4 14c-1 0-1.7-.7-1.7-1.7V9.8H3.5c-.8 0-1.3-.7-1.2-1.4l.9-4.7c.1-.7.7-1.2 1.4-1.2H11" />
  ),
  warning: <path d="M8 2.4 14.2 13H1.8zM8 6.4v3.2m0 1.7v.1" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 4.8V8l2.2 1.5" />
    </>
  ),
  trash: <path d="M3 4.5h10M6.5 4.5V3h3v1.5m-5 0 .6 8.5h5.8l.6-8.5" />,
  copy: <path d="M5.5 5.5h7.8v7.8H5.5zM10.5 5.5V2.7H2.7v7.8h2.8" />,
  check: <path d="m3 8.4 3.2 3.2L13 4.8" />,
} satisfies Record<string, ReactNode>;
export type IconName = keyof typeof paths;

export const Icon = ({ name }: { name: IconName }) => (
  <svg
    className="icon"
    viewBox="0 0 16 16"
    width="16"
    height="16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    {paths[name]}
  </svg>
);
