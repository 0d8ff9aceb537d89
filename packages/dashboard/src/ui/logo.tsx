export const Logo = () => (
  <svg className="logo" viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
    <rect className="logo-a" x="1" y="1" width="9" height="9" rx="2" />
    <rect className="logo-b" x="12" y="1" width="9" height="9" rx="2" />
    <rect className="logo-c" x="1" y="12" width="9" height="9" rx="2" />
    <rect className="logo-d" x="12.75" y="12.75" width="7.5" height="7.5" rx="1.5" />
  </svg>
);
