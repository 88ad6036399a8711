/** The page's icon: three layers, one upon the other. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14606e"/><rect x="6" y="7" width="20" height="5" rx="1.5" fill="#fff"/><rect x="6" y="14" width="9" height="5" rx="1.5" fill="#fff" opacity=".8"/><rect x="17" y="14" width="9" height="5" rx="1.5" fill="#fff" opacity=".8"/><rect x="6" y="21" width="20" height="5" rx="1.5" fill="#fff" opacity=".55"/></svg>
`;
