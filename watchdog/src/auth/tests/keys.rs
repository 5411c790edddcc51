//! Keys for tests only: private keys as DER in base64, public ones as JWK members.

pub(super) const RSA: &str = "\
    MIIEowIBAAKCAQEAti3pOAGKTVdhYzD0KKs2uGeWhVBAXjkNImzxz8Z2cDZ/poDrB/lamD/zsh1Wn0pPN5yNmw88\
    EiprYy8wTZw+jMhUxLrLVtwuV36xfUv+SJGTq7tZ7W55CdjhmZI37BalDp30E4pE6+4Vwv0EaJjWSamU5mf8sT0J\
    idHzqcP2aEck5wGdZogeZ74IZuHyh3HAfBpcQHQwjsB44oLep1Gh05Yr4HWVbOJV1JU+F940m2YaPxXPWBwWBGkV\
    AK3fnAZzhmNz+buF1QjoNIfhhRSc+hKhBwlZyBBC2wUMiIpNzLyHOrh8u0mvR3hZOAy4l349Or83hKW8FtzIniaI\
    f5EixwIDAQABAoIBADlQVFDkWyhd1yunmQi6ZKq7HCWwy69Y74LnF2Qwoc5Htv0hDdAiaJgBdp+Qj1HpxOZQAFTK\
    BDIK2mIH1IB2KU+NLu39fj9DYejw2NH8eHFIK1cZx/7khHvOmZsA30sNDLx+gO0s0OYQrxP7Gcn2W2QtT8T07hCs\
    jTWosam1Fu5S+ir4PBvaJ4gA6BsM4iWiX41wEKXipk9nyq2JHV32vDnbeIUAXlXEcyobjKi9+kIMd4D9bLZBtkbd\
    uNAaSWbNkiYv3C0jwka3EYmu7A5qLFPG52TKAy6H6rSlUXEsKSogYLxOhO3yc4fBDWn2DCCpV83FRLTjQDn9Bmey\
    YPydlOECgYEA+p2byACecuTa7ABDyLy7QLW8Q7+XnRpnOZ3BdouhJDjBVfGNRByzkU080z/aJGItDqAP/GeEHPUm\
    6e4Z2wTE9utcR9Mxd8z1hB+VQyYrfeJPpo9zzeWVloiCo4QnqVPJF0HKucLyeghsFEfpwjY9WMqcmQ6AlYLV1GPG\
    VTInsekCgYEAuhfmugGvUiLz/uzNIb1YsP7d29Z385scdKrLpr9ilpRBJq7nFZBqQVStiMN4qkj7illbB1DdWUdu\
    E47m106uw3TJHHGiUtZFAOQL5sqB+28Ifs3ik+YdryvLhDpG8ynjrspgcseTtPVJpCJHycWIzU4TiiV9N+VjZrKb\
    GFJfES8CgYAbgpWJHNhH0GtfoJ/QNzdu4QQrg6qG6lEOeAy2kJk9uqUuY/eX1Ha5qnrUzZuKhuRfSJ64nDxaWWbO\
    Iv7fleRxHmDg2YQCnJMOz9C4sEXx6ZfIttKFdYA4J///JxCbe8EFNomkXovzbV0/1K0KTp3pU0RhYMAoqVYDnHg2\
    /exxkQKBgHUfG+DPtKcuRoCYSxbEE/D5x2pYFhCk/AjVge0FoSgCUOrmw5vH04ggokNkOyp5Wo8dY/Q7ycQp97ap\
    htHVvJpZg0W6ox4dqzo/TNpJc/tqS197dvH8r4wTNTiYcRUTtS/KQV+cCnOmuV1rEeGEyG/mhte4dpHadnApUwHA\
    vgKTAoGBANdd9EeTO0gZSTGTDLnTfzuys07bzB61y+RFQLfhHHHxpdxOqWtRIfLuSLrCLVl65dCgSC/G2JRXTjsV\
    1imMDlpleGdR+l6E/c89eDZmhDDb+rez078T9O61l4c8dDZy01Tsi+Lb0ekbc3OLil/seHXGlLoBcziUwFhMxCq0\
    B8q6";
pub(super) const RSA_N: &str = "\
    ti3pOAGKTVdhYzD0KKs2uGeWhVBAXjkNImzxz8Z2cDZ_poDrB_lamD_zsh1Wn0pPN5yNmw88EiprYy8wTZw-jMhU\
    xLrLVtwuV36xfUv-SJGTq7tZ7W55CdjhmZI37BalDp30E4pE6-4Vwv0EaJjWSamU5mf8sT0JidHzqcP2aEck5wGd\
    ZogeZ74IZuHyh3HAfBpcQHQwjsB44oLep1Gh05Yr4HWVbOJV1JU-F940m2YaPxXPWBwWBGkVAK3fnAZzhmNz-buF\
    1QjoNIfhhRSc-hKhBwlZyBBC2wUMiIpNzLyHOrh8u0mvR3hZOAy4l349Or83hKW8FtzIniaIf5Eixw";
pub(super) const P256: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/2QIJdqJpm+0QXtPfC4pUkk6Bxe/FmCot8TqsaC7\
    mk2hRANCAATi4pMLvvdtgrpqnlDMDGKxPSvDSKCvkfVK9GCpKEK9INEovjpo7i2BzRqTYrd8NuNyBJnCnlN3iHT4\
    4T9CQwGe";
pub(super) const P256_X: &str = "4uKTC773bYK6ap5QzAxisT0rw0igr5H1SvRgqShCvSA";
pub(super) const P256_Y: &str = "0Si-OmjuLYHNGpNit3w243IEmcKeU3eIdPjhP0JDAZ4";
pub(super) const P384: &str = "\
    MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBU7RQNzCXc2vPt7ohp+cjzJ7lEIIw0f2bmXW78jxFz\
    K/Ws2vpR+iwpxv9jXBo4pHShZANiAAROO465+B0mDrOCnD56PR8mKPw9pfcxfo5T0VA5WzUg3+yaW1MUTFZcp1Ad\
    5RvUdszOq7oACEzEpGmqkUNZ6Emahq+16vT+wyWxtQoJmxnE2tFr/EzhoWtK30zWpNa90zg=";
pub(super) const P384_X: &str = "TjuOufgdJg6zgpw-ej0fJij8PaX3MX6OU9FQOVs1IN_smltTFExWXKdQHeUb1HbM";
pub(super) const P384_Y: &str = "zqu6AAhMxKRpqpFDWehJmoavter0_sMlsbUKCZsZxNrRa_xM4aFrSt9M1qTWvdM4";
pub(super) const P256_NEW: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYRvhKAaVTYgBZ2VSP+RP/frYwwwrBswUrlwdoDff\
    buChRANCAATkzFZw9icPXMAkRMteYmC1ocj/6JCic6+7OEPn5mp/3861NQHfUBMLL+OsOXEk+MHEkctYdsnmF2DA\
    oCb8zBhQ";
pub(super) const P256_NEW_X: &str = "5MxWcPYnD1zAJETLXmJgtaHI_-iQonOvuzhD5-Zqf98";
pub(super) const P256_NEW_Y: &str = "zrU1Ad9QEwsv46w5cST4wcSRy1h2yeYXYMCgJvzMGFA";
pub(super) const ED: &str = "MC4CAQAwBQYDK2VwBCIEIEK8wgTuyex2IEvFXPUECcqzz4Dfn5WOQfRXx81RklwD";
pub(super) const ED_X: &str = "ByKt19voWCrTxPhD27jb-V-c9kp0eD0lT1YUm9V3U-I";
