//! Which characters belong to scripts written without spaces (to be merged).
/// TEMP
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x3000..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF)
}
/// TEMP
pub fn is_cjk_or_hangul(c: char) -> bool {
    is_cjk(c) || matches!(c as u32, 0xAC00..=0xD7AF)
}
/// TEMP
pub fn sentinels(_: &str) -> Vec<usize> {
    Vec::new()
}
