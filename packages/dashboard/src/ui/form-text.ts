/** What was typed into a form's field of that name; nothing where there is no such text. */
export const formText = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};
