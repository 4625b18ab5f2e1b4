//! Known answers of Project Wycheproof. What the platform uses (PS512 with a salt of 64 bytes, OAEP with
//! SHA-1, AES-256-CBC with PKCS#7) must give its results; what is right with any other hash, mask, salt
//! or key size must be refused. The SDK runs the same tables through its own implementation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use wycheproof::{HashFunction, Mgf, TestResult, cipher, rsa_oaep, rsa_pss_verify};

use crate::domain::contract::{ContractKeyError, ContractKeys, verification_key};
use crate::payload::postbox::{PushKey, SealError};

#[test]
fn only_ps512_signatures_with_a_salt_of_64_bytes_are_accepted() {
    let (mut right, mut wrong, mut others) = (0, 0, 0);
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let [n, e] = [&group.key.n, &group.key.e].map(|it| BigUint::from_bytes_be(it));
            let key = verification_key(&RsaPublicKey::new_unchecked(n, e)).unwrap();
            let ps512 = (group.hash, group.mgf, group.mgf_hash, group.salt_size)
                == (HashFunction::Sha2_512, Mgf::Mgf1, Some(HashFunction::Sha2_512), 64);
            for test in group.tests {
                let expected = ps512 && test.result == TestResult::Valid;
                assert_eq!(key.verify_sig(&test.msg, &test.sig).is_ok(), expected, "{name:?} {}", test.tc_id);
                *match (ps512, expected) {
                    (true, true) => &mut right,
                    (true, false) => &mut wrong,
                    (false, _) => &mut others,
                } += 1;
            }
        }
    }
    // That the groups of other parameters are refused proves nothing if there are no others.
    assert!(right > 250 && wrong > 90 && others > 2000, "{right} {wrong} {others}");
}

#[test]
fn contracts_take_keys_of_2048_bits_without_parameters_alone() {
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let (n, e) = (&group.key.n[..], &group.key.e[..]);
            let jwk = ContractKeys::from_jwk("RSA", &URL_SAFE_NO_PAD.encode(n), &URL_SAFE_NO_PAD.encode(e));
            let pem = ContractKeys::from_public_pem(&group.pem);
            let bound = group.test_type == rsa_pss_verify::TestGroupTypeId::RsaPssVerifyWithParam;
            assert_eq!(matches!(pem, Err(ContractKeyError::NotPublic(_))), bound, "{name:?}");
            match group.key_size {
                2048 => assert!(jwk.is_ok() && pem.is_ok() != bound, "{name:?}"),
                size => {
                    let told = jwk.unwrap_err();
                    assert!(matches!(told, ContractKeyError::WrongSize(bits) if bits == size), "{told}");
                }
            }
        }
    }
    let n = URL_SAFE_NO_PAD.encode([0xf1; 256]);
    for e in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[0xff; 9]] {
        ContractKeys::from_jwk("RSA", &n, &URL_SAFE_NO_PAD.encode(e)).expect_err(&format!("{e:?}"));
    }
    for n in [&[][..], &[0x71; 256], &[0xf1; 255], &[0xf1; 257], &[0xf1; 70_000], &[0xf0; 256]] {
        let length = n.len();
        ContractKeys::from_jwk("RSA", &URL_SAFE_NO_PAD.encode(n), "AQAB").expect_err(&format!("{length}"));
    }
}

#[test]
fn only_keys_of_pushes_in_oaep_with_sha1_and_no_label_are_opened() {
    let (mut right, mut wrong, mut others) = (0, 0, 0);
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).unwrap().test_groups {
            // Postboxes have keys of 2048 bits; longer ones only take longer.
            if group.key_size > 2048 {
                continue;
            }
            let key = RsaPrivateKey::from_pkcs8_pem(&group.pem).unwrap();
            let ours = group.hash == HashFunction::Sha1 && group.mgf_hash == HashFunction::Sha1;
            for test in group.tests {
                let ours = ours && test.label.is_empty();
                let opened = PushKey::open(&test.ct, [0; 16], &key);
                let valid = ours && test.result == TestResult::Valid;
                // What is opened must be an AES-256 key besides.
                let expected = match &opened {
                    Ok(_) => valid && test.pt.len() == 32,
                    Err(SealError::KeyLength(length)) => valid && *length == test.pt.len(),
                    Err(SealError::Key) => !valid,
                    Err(_) => false,
                };
                assert!(expected, "{name:?} {} {:?}", test.tc_id, opened.err());
                *match (ours, valid) {
                    (true, true) => &mut right,
                    (true, false) => &mut wrong,
                    (false, _) => &mut others,
                } += 1;
            }
        }
    }
    assert!(right > 15 && wrong > 15 && others > 300, "{right} {wrong} {others}");
}

#[test]
fn pushes_with_another_cipher_or_padding_are_refused() {
    let pem = digime_fixtures::keys::READ.private_pem;
    let postbox: RsaPrivateKey = rsa::pkcs1::DecodeRsaPrivateKey::from_pkcs1_pem(pem).unwrap();
    let mut right = 0;
    for group in cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in group.tests {
            let sealed = postbox.to_public_key().encrypt(&mut OsRng, Oaep::new::<Sha1>(), &test.key).unwrap();
            let key = PushKey::open(&sealed, test.nonce[..].try_into().unwrap(), &postbox);
            let Ok(key) = key else {
                assert!(matches!(key, Err(SealError::KeyLength(16 | 24))) && group.key_size != 256);
                continue;
            };
            match key.decrypt(&test.ct) {
                Ok(plain) => {
                    assert!(test.result == TestResult::Valid && plain == test.pt[..], "{}", test.tc_id);
                    right += 1;
                }
                Err(error) => assert!(test.result == TestResult::Invalid, "{} {error}", test.tc_id),
            }
        }
    }
    assert_eq!(right, 24);
}
